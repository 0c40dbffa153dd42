#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "svctl/logline.h"
#include "svctl/when.h"

#define STAMP "2026-11-23T14:31:05.123456Z"
#define NOW   1795444265123456ll

static void
expect_text(const struct logline *line, const char *text)
{
	assert_int_equal(line->text_len, strlen(text));
	assert_memory_equal(line->text, text, line->text_len);
}

static void
parse(struct logline *line, const char *text)
{
	logline_parse(line, text, strlen(text));
}

static void
test_logline_parse_of_good_lines_takes_them_apart(void **state)
{
	static const struct {
		const char *line;
		char stream;
		bool is_continued;
		const char *text;
	} rows[] = {
		{STAMP " o hello", 'o', false, "hello"},
		{STAMP " e hello", 'e', false, "hello"},
		{STAMP " - hello", '-', false, "hello"},
		{STAMP " o+hello", 'o', true, "hello"},
		{STAMP " o  two", 'o', false, " two"},
		{STAMP " o ", 'o', false, ""},
		{STAMP " o+", 'o', true, ""},
		{STAMP " o", 'o', false, ""},
	};
	struct logline line;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(&line, rows[i].line);
		assert_int_equal(line.us, NOW);
		assert_int_equal(line.stream, rows[i].stream);
		assert_int_equal(line.is_continued, rows[i].is_continued);
		expect_text(&line, rows[i].text);
	}
}

static void
test_logline_parse_of_other_lines_is_text(void **state)
{
	static const char *const lines[] = {"", "hello", STAMP, STAMP " ",
		STAMP " x hello", STAMP "  o hello", STAMP " ohello",
		STAMP "o hello", " " STAMP " o hello",
		"2026-11-23T14:31:05Z o hello"};
	struct logline line;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&line, lines[i]);
		assert_int_equal(line.us, WHEN_NONE);
		assert_int_equal(line.stream, '-');
		assert_false(line.is_continued);
		expect_text(&line, lines[i]);
	}
	/* A NUL is no stream. */
	logline_parse(&line, STAMP " \0 hello", WHEN_STAMP + 8);
	assert_int_equal(line.us, WHEN_NONE);
}

static void
test_logline_put_safe_leaves_nothing_that_a_terminal_obeys(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"plain text, \"quoted\" \\", "plain text, \"quoted\" \\"},
		{"a\tb", "a\tb"},
		{"\x1b[2J\x07\r", "^[[2J^G^M"},
		{"\x01\x7f", "^A^?"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac "
						  "\xf0\x9f\x98\x80"},
		{"\x9b"
		 "2J",
			"\\x9b2J"},
		{"\xc2\x9b"
		 "2J",
			"\\xc2\\x9b2J"},
		{"\xc2\xa0", "\xc2\xa0"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},
		{"\xe2\x80\xa9", "\xe2\x80\xa9"},
		{"\xe2\x80\xaf", "\xe2\x80\xaf"},
		{"\xe2\x80\x8f", "\\xe2\\x80\\x8f"},
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
		{"\xe2\x81\xaa", "\xe2\x81\xaa"},
		{"\xd8\x9c", "\\xd8\\x9c"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		struct fmt f;

		fmt_init(&f, text, sizeof(text));
		logline_put_safe(&f, rows[i].in, strlen(rows[i].in));
		assert_string_equal(text, rows[i].out);
	}
}

static void
test_logline_put_safe_reads_no_further_than_len(void **state)
{
	char text[64];
	struct fmt f;

	(void)state;
	fmt_init(&f, text, sizeof(text));
	logline_put_safe(&f, "\xe2\x82\xac", 2);
	assert_string_equal(text, "\\xe2\\x82");
	fmt_init(&f, text, sizeof(text));
	logline_put_safe(&f, "a\0b", 3);
	assert_string_equal(text, "a^@b");
}

static void
test_logline_put_json_is_valid_for_any_bytes(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"plain", "\"plain\""},
		{"\"\\", "\"\\\"\\\\\""},
		{"\t\x1b\x7f", "\"\\u0009\\u001b\\u007f\""},
		{"\xc3\xbc", "\"\xc3\xbc\""},
		{"\xff x", "\"\\ufffd x\""},
		{"\xe2\x82", "\"\\ufffd\\ufffd\""},
		{"", "\"\""},
	};
	char text[64];
	struct fmt f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fmt_init(&f, text, sizeof(text));
		logline_put_json(&f, rows[i].in, strlen(rows[i].in));
		assert_string_equal(text, rows[i].out);
	}
	fmt_init(&f, text, sizeof(text));
	logline_put_json(&f, "a\0b", 3);
	assert_string_equal(text, "\"a\\u0000b\"");
}

static void
test_logline_is_packed_knows_packers_by_their_first_bytes(void **state)
{
	(void)state;
	assert_true(logline_is_packed("\x1f\x8b\x08", 3));
	assert_true(logline_is_packed("\x28\xb5\x2f\xfd", 4));
	assert_true(logline_is_packed("\xfd"
				      "7zXZ\0",
		6));
	assert_true(logline_is_packed("BZh9", 4));
	assert_true(logline_is_packed("\x04\x22\x4d\x18", 4));
	assert_false(logline_is_packed("\x28\xb5\x2f\xfd", 3));
	assert_false(logline_is_packed(STAMP, WHEN_STAMP));
	assert_false(logline_is_packed("", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_logline_parse_of_good_lines_takes_them_apart),
		cmocka_unit_test(test_logline_parse_of_other_lines_is_text),
		cmocka_unit_test(
			test_logline_put_safe_leaves_nothing_that_a_terminal_obeys),
		cmocka_unit_test(
			test_logline_put_safe_reads_no_further_than_len),
		cmocka_unit_test(test_logline_put_json_is_valid_for_any_bytes),
		cmocka_unit_test(
			test_logline_is_packed_knows_packers_by_their_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
