#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "svctl/merge.h"

#define STREAMS 37
#define LINES	50

static int64_t times[STREAMS][LINES];
static struct merge_item items[STREAMS];

/* Sorted within each stream; many are equal. */
static void
make_times(void)
{
	uint32_t seed = 12345;

	for (unsigned s = 0; s < STREAMS; s++) {
		int64_t us = 0;

		for (unsigned i = 0; i < LINES; i++) {
			seed = seed * 1103515245u + 12345u;
			us += (seed >> 16) % 3;
			times[s][i] = us;
		}
	}
}

static void
test_merge_pop_of_streams_is_sorted_and_stable(void **state)
{
	unsigned at[STREAMS] = {0}, stream, last_stream = 0, count = 0;
	int64_t last = -1;
	struct merge m;

	(void)state;
	make_times();
	merge_init(&m, items, false);
	for (unsigned s = 0; s < STREAMS; s++)
		merge_push(&m, times[s][0], s);
	while (merge_pop(&m, &stream)) {
		int64_t us = times[stream][at[stream]++];

		assert_true(us > last || (us == last && stream >= last_stream));
		last = us;
		last_stream = stream;
		count++;
		if (at[stream] < LINES)
			merge_push(&m, times[stream][at[stream]], stream);
	}
	assert_int_equal(count, STREAMS * LINES);
}

static void
test_merge_pop_backwards_is_the_mirror_image(void **state)
{
	unsigned at[STREAMS], stream, last_stream = STREAMS, count = 0;
	int64_t last = INT64_MAX;
	struct merge m;

	(void)state;
	make_times();
	merge_init(&m, items, true);
	for (unsigned s = 0; s < STREAMS; s++) {
		at[s] = LINES - 1;
		merge_push(&m, times[s][LINES - 1], s);
	}
	while (merge_pop(&m, &stream)) {
		int64_t us = times[stream][at[stream]];

		assert_true(us < last || (us == last && stream <= last_stream));
		last = us;
		last_stream = stream;
		count++;
		if (at[stream]--)
			merge_push(&m, times[stream][at[stream]], stream);
	}
	assert_int_equal(count, STREAMS * LINES);
}

static void
test_merge_pop_of_nothing_is_false(void **state)
{
	unsigned stream = 7;
	struct merge m;

	(void)state;
	merge_init(&m, items, false);
	assert_false(merge_pop(&m, &stream));
	merge_push(&m, 1, 3);
	assert_true(merge_pop(&m, &stream));
	assert_int_equal(stream, 3);
	assert_false(merge_pop(&m, &stream));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_merge_pop_of_streams_is_sorted_and_stable),
		cmocka_unit_test(test_merge_pop_backwards_is_the_mirror_image),
		cmocka_unit_test(test_merge_pop_of_nothing_is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
