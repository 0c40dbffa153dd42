/* supervisor/svlog: stamp.h, split.h and json.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "supervisor/svlog/json.h"
#include "supervisor/svlog/split.h"
#include "supervisor/svlog/stamp.h"

#define STAMP "2026-11-23T14:31:05.123456Z"

static char out[4096];

static struct split style = {
	.shape = SPLIT_FILE,
	.stamp = STAMP,
	.name = "web",
	.name_len = 3,
	.stream = 'o',
	.line_max = 8,
};

/* The lines of carry and in as one string. */
static struct split_result
run(const struct split *split, const char *carry, const char *in, size_t cap)
{
	struct split_text text = {
		.carry = carry,
		.carry_len = strlen(carry),
		.in = in,
		.in_len = strlen(in),
	};
	struct split_result result = split_lines(split, &text, out, cap);

	assert_true(result.made <= cap);
	out[result.made] = '\0';
	return result;
}

static void
test_stamp_set_is_what_gmtime_says(void **unused)
{
	static const int64_t times[] = {0, 59, 86399, 86400, 951782400,
		951868799, 1709164800, 1709251199, 4107542399, 4107542400,
		253402300799, 1795444265};
	struct stamp stamp = {.is_set = false};

	(void)unused;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		time_t t = (time_t)times[i];
		struct tm tm;
		char want[32];

		gmtime_r(&t, &tm);
		assert_int_equal(strftime(want, sizeof(want),
					 "%Y-%m-%dT%H:%M:%S.000042Z", &tm),
			STAMP_LEN);
		stamp_set(&stamp, times[i], 42);
		assert_memory_equal(stamp.text, want, STAMP_LEN);
	}
	for (int64_t day = 0; day < 60000; day++) {
		time_t t = (time_t)(day * 86400);
		struct tm tm;
		char want[32];

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%d", &tm);
		stamp_set(&stamp, day * 86400, 0);
		assert_memory_equal(stamp.text, want, 10);
	}
}

static void
test_stamp_set_outside_of_the_calendar_is_the_nearest(void **unused)
{
	struct stamp stamp = {.is_set = false};

	(void)unused;
	stamp_set(&stamp, -5, 1);
	assert_memory_equal(stamp.text, "1970-01-01T00:00:00.000001Z", 27);
	stamp_set(&stamp, INT64_MAX, 999999);
	assert_memory_equal(stamp.text, "9999-12-31T23:59:59.999999Z", 27);
}

static void
test_stamp_is_valid_only_of_that_shape(void **unused)
{
	char text[] = STAMP;

	(void)unused;
	assert_true(stamp_is_valid(text, STAMP_LEN));
	assert_false(stamp_is_valid(text, STAMP_LEN - 1));
	for (size_t i = 0; i < STAMP_LEN; i++) {
		char was = text[i];

		text[i] = '/';
		assert_false(stamp_is_valid(text, STAMP_LEN));
		text[i] = was;
	}
}

static void
test_stamp_name_next_counts_within_its_minute(void **unused)
{
	char name[STAMP_NAME_LEN];

	(void)unused;
	stamp_to_name(STAMP, name);
	assert_memory_equal(name, "20261123T143105.123456Z", STAMP_NAME_LEN);
	assert_true(stamp_name_next(name));
	assert_memory_equal(name, "20261123T143105.123457Z", STAMP_NAME_LEN);
	stamp_to_name("2026-11-23T14:31:05.129999Z", name);
	assert_true(stamp_name_next(name));
	assert_memory_equal(name, "20261123T143105.130000Z", STAMP_NAME_LEN);
	stamp_to_name("2026-11-23T14:31:05.999999Z", name);
	assert_true(stamp_name_next(name));
	assert_memory_equal(name, "20261123T143106.000000Z", STAMP_NAME_LEN);
	/* Behind the last second, yet before the next minute. */
	stamp_to_name("2026-11-23T14:31:59.999999Z", name);
	assert_true(stamp_name_next(name));
	assert_memory_equal(name, "20261123T143160.000000Z", STAMP_NAME_LEN);
	stamp_to_name("2026-11-23T14:31:99.999999Z", name);
	assert_false(stamp_name_next(name));
}

static void
test_split_lines_whole_lines_are_stamped(void **unused)
{
	struct split_result result = run(&style, "", "one\n\ntwo\nth", 500);

	(void)unused;
	assert_string_equal(
		out, STAMP " o one\n" STAMP " o \n" STAMP " o two\n");
	assert_int_equal(result.taken, 9);
	assert_int_equal(result.lines, 3);
	assert_false(result.is_full);
}

static void
test_split_lines_carry_comes_first(void **unused)
{
	struct split_result result = run(&style, "ab", "cd\nef", 500);

	(void)unused;
	assert_string_equal(out, STAMP " o abcd\n");
	assert_int_equal(result.taken, 3);
	result = run(&style, "ab", "cd", 500);
	assert_string_equal(out, "");
	assert_int_equal(result.taken, 0);
}

static void
test_split_lines_of_line_max_are_whole_and_longer_ones_marked(void **unused)
{
	struct split_result result;

	(void)unused;
	run(&style, "", "12345678\n", 500);
	assert_string_equal(out, STAMP " o 12345678\n");
	run(&style, "1234", "5678\n", 500);
	assert_string_equal(out, STAMP " o 12345678\n");
	/* It may yet be the end of a line that fits. */
	run(&style, "", "12345678", 500);
	assert_string_equal(out, "");
	result = run(&style, "", "123456789", 500);
	assert_string_equal(out, STAMP " o+12345678\n");
	assert_int_equal(result.taken, 8);
	run(&style, "12345678", "9\n", 500);
	assert_string_equal(out, STAMP " o+12345678\n" STAMP " o 9\n");
}

static void
test_split_lines_carry_over_a_smaller_line_max_goes(void **unused)
{
	struct split_result result = run(&style, "123456789", "a\n", 500);

	(void)unused;
	assert_string_equal(out, STAMP " o+123456789\n" STAMP " o a\n");
	assert_int_equal(result.taken, 2);
}

static void
test_split_lines_flushed_takes_the_rest_with_a_mark(void **unused)
{
	struct split flushed = style;
	struct split_result result;

	(void)unused;
	flushed.is_flushed = true;
	result = run(&flushed, "ab", "c", 500);
	assert_string_equal(out, STAMP " o+abc\n");
	assert_int_equal(result.taken, 1);
	result = run(&flushed, "", "", 500);
	assert_int_equal(result.made, 0);
}

static void
test_split_lines_full_stops_between_lines(void **unused)
{
	(void)unused;
	for (size_t cap = 0; cap < 70; cap++) {
		struct split_result result = run(&style, "a", "\nbb\n", cap);
		size_t lines = cap < 32 ? 0 : cap < 65 ? 1 : 2;

		assert_int_equal(result.lines, lines);
		assert_int_equal(result.taken, lines == 0   ? 0
					       : lines == 1 ? 1
							    : 4);
		assert_true(result.is_full == (lines < 2));
	}
}

static void
test_split_lines_prefix(void **unused)
{
	struct split prefix = style;

	(void)unused;
	prefix.shape = SPLIT_PREFIX;
	run(&prefix, "", "one\n\n", 500);
	assert_string_equal(out, "web | one\nweb | \n");
}

static void
test_split_lines_raw_is_text_alone(void **unused)
{
	struct split raw = style;

	(void)unused;
	raw.shape = SPLIT_RAW;
	assert_int_equal(split_most(&raw, 8), 9);
	run(&raw, "on", "e\n\n123456789\n", 500);
	assert_string_equal(out, "one\n\n12345678\n9\n");
}

static void
test_split_lines_json_is_escaped(void **unused)
{
	struct split json = style;

	(void)unused;
	json.shape = SPLIT_JSON;
	json.line_max = 100;
	json.is_flushed = true;
	run(&json, "a\"\\", "\t\r\033\177\303\244\n\xff\xc3(\xe2\x82", 999);
	assert_string_equal(out,
		"{\"time\":\"" STAMP "\",\"service\":\"web\",\"stream\":"
		"\"stdout\",\"text\":\"a\\\"\\\\\\t\\r\\u001b\\u007f"
		"\303\244\"}\n"
		"{\"time\":\"" STAMP "\",\"service\":\"web\",\"stream\":"
		"\"stdout\",\"text\":\"\\ufffd\\ufffd(\\ufffd\\ufffd\","
		"\"partial\":true}\n");
}

static void
test_json_text_sequences_cross_the_two_parts(void **unused)
{
	static const char text[] = "\xf0\x9f\x98\x80\xed\x9f\xbf";

	(void)unused;
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char *end = json_text(
			out, text, cut, text + cut, sizeof(text) - 1 - cut);

		assert_int_equal(end - out, sizeof(text) - 1);
		assert_memory_equal(out, text, sizeof(text) - 1);
	}
}

static void
test_json_text_refuses_what_is_no_utf8(void **unused)
{
	/* Too long, surrogate, past the end, a lone byte of the middle. */
	static const char *const bad[] = {"\xc1\xbf", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\x80"};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *end = json_text(out, bad[i], strlen(bad[i]), NULL, 0);

		assert_int_equal(end - out, 6 * strlen(bad[i]));
		for (char *at = out; at < end; at += 6)
			assert_memory_equal(at, "\\ufffd", 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamp_set_is_what_gmtime_says),
		cmocka_unit_test(
			test_stamp_set_outside_of_the_calendar_is_the_nearest),
		cmocka_unit_test(test_stamp_is_valid_only_of_that_shape),
		cmocka_unit_test(test_stamp_name_next_counts_within_its_minute),
		cmocka_unit_test(test_split_lines_whole_lines_are_stamped),
		cmocka_unit_test(test_split_lines_carry_comes_first),
		cmocka_unit_test(
			test_split_lines_of_line_max_are_whole_and_longer_ones_marked),
		cmocka_unit_test(
			test_split_lines_carry_over_a_smaller_line_max_goes),
		cmocka_unit_test(
			test_split_lines_flushed_takes_the_rest_with_a_mark),
		cmocka_unit_test(test_split_lines_full_stops_between_lines),
		cmocka_unit_test(test_split_lines_prefix),
		cmocka_unit_test(test_split_lines_raw_is_text_alone),
		cmocka_unit_test(test_split_lines_json_is_escaped),
		cmocka_unit_test(test_json_text_sequences_cross_the_two_parts),
		cmocka_unit_test(test_json_text_refuses_what_is_no_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
