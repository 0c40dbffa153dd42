#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "svctl/logfind.h"
#include "svctl/when.h"

/* A file in memory. */
struct image {
	char bytes[300000];
	size_t len;
	unsigned reads;
};

static struct image image;

static size_t
read_image(void *context, uint64_t at, char *bytes, size_t cap)
{
	struct image *from = context;
	size_t n = at < from->len ? from->len - (size_t)at : 0;

	from->reads++;
	n = n < cap ? n : cap;
	memcpy(bytes, from->bytes + (at < from->len ? at : 0), n);
	return n;
}

static uint64_t
find(int64_t us)
{
	const struct logfind file = {read_image, &image, image.len};

	image.reads = 0;
	return logfind_first(&file, us);
}

static void
clear(void)
{
	memset(&image, 0, sizeof(image));
}

/* us < 0: without a stamp. Returns where the line begins. */
static uint64_t
add_line(int64_t us, size_t len)
{
	uint64_t start = image.len;
	struct fmt f;

	fmt_init(&f, image.bytes + image.len, sizeof(image.bytes) - image.len);
	if (us >= 0) {
		when_put_stamp(&f, us);
		fmt_str(&f, " o ");
	}
	assert_true(f.len + len + 2 < f.cap);
	memset(f.text + f.len, 'x', len);
	f.text[f.len + len] = '\n';
	image.len += f.len + len + 1;
	return start;
}

static void
test_logfind_first_of_each_moment_is_the_right_line(void **state)
{
	static uint64_t start[1000];

	(void)state;
	clear();
	for (unsigned i = 0; i < 1000; i++)
		start[i] = add_line(1000000 + i * 10, i * 7 % 200);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(find(1000000 + i * 10), start[i]);
		assert_int_equal(find(1000000 + i * 10 - 9), start[i]);
	}
	assert_int_equal(find(0), 0);
	assert_int_equal(find(1000000 + 9991), image.len);
	assert_int_equal(find(WHEN_LAST), image.len);
}

static void
test_logfind_first_of_equal_stamps_is_the_first_of_them(void **state)
{
	uint64_t start = 0;

	(void)state;
	clear();
	for (unsigned i = 0; i < 100; i++)
		(void)add_line(5, 10);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t at = add_line(6, 10);

		start = i ? start : at;
	}
	for (unsigned i = 0; i < 100; i++)
		(void)add_line(7, 10);
	assert_int_equal(find(6), start);
	assert_int_equal(find(5), 0);
}

static void
test_logfind_first_gives_lines_without_a_stamp_to_the_one_before(void **state)
{
	uint64_t second;

	(void)state;
	clear();
	(void)add_line(-1, 20);
	(void)add_line(10, 0);
	for (unsigned i = 0; i < 50; i++)
		(void)add_line(-1, i * 3);
	second = add_line(20, 9);
	for (unsigned i = 0; i < 50; i++)
		(void)add_line(-1, i * 3);
	assert_int_equal(find(10), 21);
	assert_int_equal(find(11), second);
	assert_int_equal(find(20), second);
	assert_int_equal(find(21), image.len);
}

/* Longer than what is read at a time. */
static void
test_logfind_first_passes_over_long_lines(void **state)
{
	uint64_t start[5];

	(void)state;
	clear();
	for (unsigned i = 0; i < 5; i++)
		start[i] = add_line(i * 10, 50000);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(find(i * 10), start[i]);
	assert_int_equal(find(41), image.len);
}

static void
test_logfind_first_takes_few_reads(void **state)
{
	uint64_t last = 0;

	(void)state;
	clear();
	for (unsigned i = 0; i < 2000; i++)
		last = add_line(i, 100);
	assert_int_equal(find(1999), last);
	assert_in_range(image.reads, 1, 24);
	(void)find(700);
	assert_in_range(image.reads, 1, 24);
}

static void
test_logfind_first_of_odd_files_is_their_end(void **state)
{
	(void)state;
	clear();
	assert_int_equal(find(0), 0);
	(void)add_line(-1, 100);
	assert_int_equal(find(0), image.len);
	/* A line whose newline is still to come counts. */
	(void)add_line(7, 3);
	image.len--;
	assert_int_equal(find(7), 101);
	assert_int_equal(find(8), image.len);
	/* A stamp that is cut short does not. */
	image.len = 101 + WHEN_STAMP - 1;
	assert_int_equal(find(7), image.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_logfind_first_of_each_moment_is_the_right_line),
		cmocka_unit_test(
			test_logfind_first_of_equal_stamps_is_the_first_of_them),
		cmocka_unit_test(
			test_logfind_first_gives_lines_without_a_stamp_to_the_one_before),
		cmocka_unit_test(test_logfind_first_passes_over_long_lines),
		cmocka_unit_test(test_logfind_first_takes_few_reads),
		cmocka_unit_test(test_logfind_first_of_odd_files_is_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
