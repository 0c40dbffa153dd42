/* supervisor/svlog/rfc.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/svlog/rfc.h"
#include "supervisor/svlog/split.h"
#include "supervisor/svlog/stamp.h"

#define STAMP "2026-11-23T14:31:05.123456Z"

static struct rfc rfc;
static char out[1024];

static int
set_up(void **unused)
{
	(void)unused;
	rfc = (struct rfc){.form = RFC_5424};
	rfc_set_host(&rfc, "box");
	rfc_set_local(&rfc, 10, 3, 4, 31, 5);
	return 0;
}

/* The message; that its frame says how long it is, is looked at. */
static const char *
put(const char *name, char stream, const char *first, const char *second)
{
	struct rfc_text text = {first, strlen(first), second, strlen(second)};
	char *end =
		rfc_put(out, &rfc, STAMP, name, strlen(name), stream, &text);
	struct rfc_frame frame;

	assert_true((size_t)(end - out) <=
		    rfc_most(strlen(first) + strlen(second)));
	*end = '\0';
	assert_true(rfc_next(out, (size_t)(end - out), &frame));
	assert_int_equal(frame.head + frame.len, end - out);
	assert_false(rfc_next(out, (size_t)(end - out) - 1, &frame));
	return out + frame.head;
}

static void
test_rfc_put_in_each_form(void **unused)
{
	(void)unused;
	assert_string_equal(put("web", 'o', "te", "xt"),
		"<30>1 " STAMP " box web - - - text");
	assert_string_equal(put("web", 'e', "", "text"),
		"<27>1 " STAMP " box web - - - text");
	rfc_set_host(&rfc, "");
	assert_string_equal(
		put("web", '-', "", ""), "<30>1 " STAMP " - web - - - ");
	rfc.form = RFC_3164;
	assert_string_equal(
		put("web", 'o', "", "text"), "<30>Nov  3 04:31:05 web: text");
	rfc_set_local(&rfc, 0, 31, 23, 59, 60);
	assert_string_equal(
		put("a:b@c", 'e', "x", ""), "<27>Jan 31 23:59:60 a_b@c: x");
}

static void
test_rfc_put_of_a_mark_takes_its_severity(void **unused)
{
	static const struct {
		const char *first, *second, *want;
	} rows[] = {
		{"", "<0>x", "<24>1 " STAMP " box w - - - x"},
		{"<", "7>x", "<31>1 " STAMP " box w - - - x"},
		{"<4>", "x", "<28>1 " STAMP " box w - - - x"},
		{"<4>x", "y", "<28>1 " STAMP " box w - - - xy"},
		{"", "<3>", "<27>1 " STAMP " box w - - - "},
		{"", "<8>x", "<30>1 " STAMP " box w - - - <8>x"},
		{"", "<13>x", "<30>1 " STAMP " box w - - - <13>x"},
		{"", "<3", "<30>1 " STAMP " box w - - - <3"},
		{"", " <3>x", "<30>1 " STAMP " box w - - -  <3>x"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
			put("w", 'o', rows[i].first, rows[i].second),
			rows[i].want);
}

static void
test_rfc_put_of_what_is_long_or_strange(void **unused)
{
	struct rfc_text text = {"a\0b", 3, "\0", 1};
	char name[128], host[200];
	char *end;

	(void)unused;
	memset(name, 'n', sizeof(name));
	name[127] = '\0';
	memset(host, 'h', sizeof(host));
	host[199] = '\0';
	host[1] = ' ';
	host[2] = '\xff';
	rfc_set_host(&rfc, host);
	put(name, 'o', "", "x");
	assert_non_null(strstr(out, " h__hhh"));
	assert_null(strchr(strstr(out, " nnn") + 1 + RFC_NAME, 'n'));
	end = rfc_put(out, &rfc, STAMP, "w", 1, 'o', &text);
	assert_memory_equal(end - 4, "a b ", 4);
}

static void
test_rfc_next_only_of_whole_frames(void **unused)
{
	static const char *const bad[] = {
		"", "3", "3 ", "3 ab", " abc", "x abc", "3x abc", "99999999 a"};
	struct rfc_frame frame;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(rfc_next(bad[i], strlen(bad[i]), &frame));
	assert_true(rfc_next("0 5 abcde", 9, &frame));
	assert_int_equal(frame.head + frame.len, 2);
	assert_true(rfc_next("5 abcdexyz", 10, &frame));
	assert_int_equal(frame.head, 2);
	assert_int_equal(frame.len, 5);
}

static void
test_split_lines_syslog_is_a_frame_each(void **unused)
{
	struct split split = {.shape = SPLIT_SYSLOG,
		.stamp = STAMP,
		.name = "w",
		.name_len = 1,
		.stream = 'o',
		.line_max = 4,
		.rfc = &rfc};
	struct split_text text = {"ab", 2, "c\n<3>d\nx", 8};
	struct split_result result;

	(void)unused;
	result = split_lines(&split, &text, out, sizeof(out));
	out[result.made] = '\0';
	assert_int_equal(result.lines, 2);
	assert_int_equal(result.taken, 7);
	assert_string_equal(out, "49 <30>1 " STAMP " box w - - - abc"
				 "47 <27>1 " STAMP " box w - - - d");
	/* Room is asked for as if the head were as long as it can be. */
	result = split_lines(&split, &text, out, rfc_most(3) - 1);
	assert_true(result.is_full);
	assert_int_equal(result.made, 0);
}

#define RFC_TEST(test) cmocka_unit_test_setup(test, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RFC_TEST(test_rfc_put_in_each_form),
		RFC_TEST(test_rfc_put_of_a_mark_takes_its_severity),
		RFC_TEST(test_rfc_put_of_what_is_long_or_strange),
		RFC_TEST(test_rfc_next_only_of_whole_frames),
		RFC_TEST(test_split_lines_syslog_is_a_frame_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
