/*
 * Lines without the language of definitions above them, byte by byte.
 * test_lines.c reads whole definitions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/lines.h"

static char found[4096];

/* Each pair as LINE:COLUMN key LINE:COLUMN=value| or the error's place!. */
static const char *
read_bytes(const char *text, size_t len)
{
	/* Exactly as long as it is, so that the sanitizer sees overreads. */
	char *copy = malloc(len == 0 ? 1 : len);
	struct lines lines;
	struct lines_pair pair;
	struct def_error error;
	enum lines_result result;
	size_t at = 0;

	memcpy(copy, text, len);
	found[0] = '\0';
	lines_init(&lines, copy, len);
	while ((result = lines_next(&lines, &pair, &error)) == LINES_PAIR) {
		char *value = malloc(pair.value_len + 1);
		size_t joined;

		joined = lines_join(&pair, value);
		assert_int_equal(joined, strlen(value));
		at += (size_t)snprintf(found + at, sizeof(found) - at,
			"%u:%u %.*s %u:%u=%s|", pair.line, pair.column,
			(int)pair.key_len, pair.key, pair.value_line,
			pair.value_column, value);
		free(value);
	}
	if (result == LINES_ERROR)
		snprintf(found + at, sizeof(found) - at, "%u:%u!", error.line,
			error.column);
	free(copy);
	return found;
}

static void
check(const char *const (*rows)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		read_bytes(rows[i][0], strlen(rows[i][0]));
		if (strcmp(found, rows[i][1]) != 0)
			fail_msg("%s\n  is   '%s'\n  want '%s'", rows[i][0],
				found, rows[i][1]);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void
test_lines_next_of_pairs_gives_their_places(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"\n\n", ""},
		{"a=b", "1:1 a 1:3=b|"},
		{" a = b ", "1:2 a 1:6=b|"},
		{"a =", "1:1 a 1:4=|"},
		{"\na=1\nb=2\n", "2:1 a 2:3=1|3:1 b 3:3=2|"},
		{"a=1\r\nb=2\r", "1:1 a 1:3=1|2:1 b 2:3=2|"},
		{"a=1 \t\r\n", "1:1 a 1:3=1|"},
		{"a==b", "1:1 a 1:3==b|"},
		{"\\\na=1", "2:1 a 2:3=1|"},
		{"a\\\n=\\\n 1", "1:1 a 3:2=1|"},
		{"a\\\r\n=1", "1:1 a 2:2=1|"},
		{"a=1\\\n2\nb=3", "1:1 a 1:3=12|3:1 b 3:3=3|"},
		{"a=1\\\r\n2\nb=3", "1:1 a 1:3=12|3:1 b 3:3=3|"},
		{"a=1 \\\n \\\n\nb=3", "1:1 a 1:3=1|4:1 b 4:3=3|"},
		{"a=1\\\n\nb=3", "1:1 a 1:3=1|3:1 b 3:3=3|"},
		{"a=1\\\r\n\r\nb=3", "1:1 a 1:3=1|3:1 b 3:3=3|"},
		{"a=1\\\\\nb=2", "1:1 a 1:3=1\\\\|2:1 b 2:3=2|"},
		{"a=1\\", "1:1 a 1:3=1|"},
		{"a=1\\\r", "1:1 a 1:3=1|"},
		{"a=\\\n", "1:1 a 1:3=|"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_lines_next_of_comments_ends_at_them(void **state)
{
	static const char *const rows[][2] = {
		{"#a=1\n # b=2\nc=3", "3:1 c 3:3=3|"},
		{"a=1 # b", "1:1 a 1:3=1|"},
		{"a=1\t#b\nc=2", "1:1 a 1:3=1|2:1 c 2:3=2|"},
		{"a=1#b", "1:1 a 1:3=1#b|"},
		{"a=\\# b", "1:1 a 1:3=\\# b|"},
		{"a= \\# b # c", "1:1 a 1:4=\\# b|"},
		{"a='1 # b' # c", "1:1 a 1:3='1 # b'|"},
		{"a=\"1 # b\" # c", "1:1 a 1:3=\"1 # b\"|"},
		{"a=\"1\\\" # b\" # c", "1:1 a 1:3=\"1\\\" # b\"|"},
		{"a='1\\' # c", "1:1 a 1:3='1\\'|"},
		{"a=don't # c", "1:1 a 1:3=don't|"},
		{"a=\"x # c", "1:1 a 1:3=\"x|"},
		{"a=' \" # c", "1:1 a 1:3=' \"|"},
		{"a=' \" # \" # c", "1:1 a 1:3=' \" # \"|"},
		{"a=\" ' # ' # c", "1:1 a 1:3=\" ' # '|"},
		{"a=x \"\\", "1:1 a 1:3=x \"|"},
		{"a=1 \\\n# c\nb=2", "1:1 a 1:3=1|3:1 b 3:3=2|"},
		{"a=1 # c \\\nb=2", "1:1 a 1:3=1|2:1 b 2:3=2|"},
		{"a=1\\\n2 # c \\\nb=2", "1:1 a 1:3=12|3:1 b 3:3=2|"},
		{"a=1\\\r\n# c\r\nb=2", "1:1 a 1:3=1|3:1 b 3:3=2|"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_lines_next_of_bad_lines_names_the_place(void **state)
{
	static const char *const rows[][2] = {
		{"a=1\nb", "1:1 a 1:3=1|2:1!"},
		{"  b c=1", "1:3!"},
		{"=1", "1:1!"},
		{" [x]", "1:2!"},
		{"[x]=1", "1:1!"},
		{"a\\\nb=1", "1:1!"},
		{"a=\001", "1:3!"},
		{"a=\177", "1:3!"},
		{"a=1\r2", "1:4!"},
		{"a=1\r\r\n", "1:4!"},
		{"a=1\\\n\001", "2:1!"},
		{"a=1\\\n2\\\n3\001", "3:2!"},
		{"# \001", "1:3!"},
		{"a=1 # \001", "1:7!"},
		{"a=\037", "1:3!"},
		{"a=\037\nb", "1:3!"},
	};

	(void)state;
	CHECK(rows);
	assert_string_equal(read_bytes("a=1\nb\0=2", 8), "1:1 a 1:3=1|2:2!");
}

static void
test_lines_next_of_the_longest_line_is_taken(void **state)
{
	char *text = malloc(LINES_MAX + 1);
	struct lines lines;
	struct lines_pair pair;
	struct def_error error;

	(void)state;
	memset(text, 'x', LINES_MAX + 1);
	text[1] = '=';
	lines_init(&lines, text, LINES_MAX);
	assert_int_equal(lines_next(&lines, &pair, &error), LINES_PAIR);
	assert_int_equal(pair.value_len, LINES_MAX - 2);
	lines_init(&lines, text, LINES_MAX + 1);
	assert_int_equal(lines_next(&lines, &pair, &error), LINES_ERROR);
	assert_int_equal(error.line, 1);
	assert_int_equal(error.column, 0);
	free(text);
}

static void
test_lines_joint_of_each_length_looks_no_further(void **state)
{
	(void)state;
	assert_int_equal(lines_joint("\\\n", 2), 2);
	assert_int_equal(lines_joint("\\\nx", 3), 2);
	assert_int_equal(lines_joint("\\\n", 1), 0);
	assert_int_equal(lines_joint("\\\r\n", 3), 3);
	assert_int_equal(lines_joint("\\\r\n", 2), 0);
	assert_int_equal(lines_joint("\\\r\r", 3), 0);
	assert_int_equal(lines_joint("\\x\n", 3), 0);
	assert_int_equal(lines_joint("x\n", 2), 0);
	assert_int_equal(lines_joint("x\r\n", 3), 0);
	assert_int_equal(lines_joint("\\x", 2), 0);
	assert_int_equal(lines_joint("", 0), 0);
}

static void
test_lines_locate_of_each_byte_finds_it(void **state)
{
	static const char value[] = "ab\\\nc\\\r\nd";
	static const unsigned places[][2] = {
		{7, 5}, {7, 6}, {8, 1}, {9, 1}, {9, 2}, {9, 2}};
	const struct lines_pair pair = {.value = value,
		.value_len = sizeof(value) - 1,
		.value_line = 7,
		.value_column = 5};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct def_error error;

		lines_locate(&pair, i, &error);
		assert_int_equal(error.line, places[i][0]);
		assert_int_equal(error.column, places[i][1]);
	}
}

/* What is left is read as before, and each line keeps its number. */
static void
test_lines_strip_cuts_comments_only(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"a=1", "a=1"},
		{"a=1\n", "a=1\n"},
		{"# c", ""},
		{"# c\n", "\n"},
		{"a=1 # c\nb=2\n", "a=1 \nb=2\n"},
		{"a=1 # c\n# d\nb=2", "a=1 \n\nb=2"},
		{"a='# b'\n# c\n", "a='# b'\n\n"},
		{"a=1 \\\n# c\nb=2\n", "a=1 \\\n\nb=2\n"},
		{"# c \\\nb=2\n", "\nb=2\n"},
		{"a=1 # \001\nb=2 # c", "a=1 # \001\nb=2 "},
		{"a=1#\n#", "a=1#\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i][0]);
		char *copy = malloc(len + 1);

		memcpy(copy, rows[i][0], len + 1);
		copy[lines_strip(copy, len)] = '\0';
		if (strcmp(copy, rows[i][1]) != 0)
			fail_msg("'%s' is '%s'", rows[i][0], copy);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_next_of_pairs_gives_their_places),
		cmocka_unit_test(test_lines_next_of_comments_ends_at_them),
		cmocka_unit_test(test_lines_next_of_bad_lines_names_the_place),
		cmocka_unit_test(test_lines_next_of_the_longest_line_is_taken),
		cmocka_unit_test(
			test_lines_joint_of_each_length_looks_no_further),
		cmocka_unit_test(test_lines_locate_of_each_byte_finds_it),
		cmocka_unit_test(test_lines_strip_cuts_comments_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
