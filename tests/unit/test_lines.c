#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/lines.h"

#define ARENA_BYTES (8u << 20)

static char *memory;
static struct arena arena;
static struct def def;
static char message[2048];

/* Parses one fragment and finishes; "" or the error in message. */
static const char *
parse_bytes(const char *text, size_t len)
{
	struct def_error error;
	struct fmt f;
	/* Exactly as long as it is, so that the sanitizer sees overreads. */
	char *copy = malloc(len == 0 ? 1 : len);

	memcpy(copy, text, len);
	arena_init(&arena, memory, ARENA_BYTES);
	def_init(&def);
	fmt_init(&f, message, sizeof(message));
	if (!def_apply(&def, &arena, "web", copy, len, &error) ||
		!def_finish(&def, &error))
		def_error_format(&f, &error);
	free(copy);
	return message;
}

static const char *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static int
setup(void **state)
{
	(void)state;
	memory = malloc(ARENA_BYTES);
	return memory == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

struct row {
	const char *text, *error;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].error);

		parse(rows[i].text);
		/* What is expected is the beginning; "" means no error. */
		if (strncmp(message, rows[i].error, len) != 0 ||
			(len == 0 && message[0] != '\0'))
			fail_msg("%s\n  is   '%s'\n  want '%s'", rows[i].text,
				message, rows[i].error);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void
test_lines_next_of_broken_lines_says_what_is_right(void **state)
{
	static const struct row rows[] = {
		{"command", "web:1:1: no key and '='"},
		{"command x", "web:1:1: no key and '='"},
		{"command x = y", "web:1:1: no key and '='"},
		{"command = x\nfoo\n", "web:2:1: no key and '='"},
		{"= x", "web:1:1: no key and '='"},
		{"[Service]\n", "web:1:1: there are no sections here"},
		{"user = a\nuser = b", "web:2:1: 'user' is already set in line "
				       "1"},
		{"user =\ncommand = x\nuser = b", "web:3:1: 'user' is already"},
		{"command = a \\\n b \\\n c ; d", "web:3:4: ';'"},
		{"command = a 'b\\\nc' \\\n d\\\n;", "web:4:1: ';'"},
		{"command = a\\\n  |", "web:2:3: '|'"},
		{"command \\\n = \\\n a | b", "web:3:4: '|'"},
		{"requires = a \\\r\n  b/c\r\n", "web:2:3: 'b/c' is no name"},
		{"environment = A=1 \\\n B=2 \\\n C",
			"web:3:2: word 3 is not NAME=value"},
	};

	(void)state;
	CHECK(rows);
}

/* What is in the value after lexing, through description. */
static void
test_lines_next_of_comments_and_continuations_lexes(void **state)
{
	static const struct row rows[] = {
		{"a", "a"},
		{"a # b", "a"},
		{"a\t# b", "a"},
		{"a#b", "a#b"},
		{"a #", "a"},
		{"'a # b'", "a # b"},
		{"\"a # b\" # c", "a # b"},
		{"it's # b", "it's"},
		{"it's # isn't", "it's # isn't"}, /* closed: quoted */
		{"a \\# b", "a \\# b"},
		{"a \\ # b", "a \\ # b"},
		{"a\\\nb", "ab"},
		{"a\\\n  b", "a  b"},
		{"a \\\r\nb\r", "a b"},
		{"a\\\\\nuser = x", "a\\\\"},
		{"a\\\\\\\nb", "a\\\\b"},
		{"a \\\n# b", "a"},
		{"a \\\n # b \\\nuser = x", "a"},
		{"a # b \\\nuser = x", "a"},
		{"a \\", "a"},
		{"a \\\n", "a"},
		{"a \\\n\n", "a"},
		{"= x", "= x"},
		{"a = b", "a = b"},
		{"\"a\"b", "\"a\"b"},
		{"\"", "\""},
		{"''", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "type = target\ndescription = %s",
			rows[i].text);
		assert_string_equal(parse(text), "");
		assert_string_equal(def.description, rows[i].error);
	}
}

static void
test_lines_next_of_comment_lines_skips_them(void **state)
{
	static const struct row rows[] = {
		{"# a\ncommand = x\n  # b\n\n\t\n#\n", ""},
		{"# a \\\ncommand = x", ""},
		{"#command = x", "web: no command; add 'command = "},
		{"# don't\ncommand = x # it's\n", ""},
		{"\r\n\r\ncommand = x\r\n", ""},
		{"", "web: no command; add 'command = "},
		{"\n", "web: no command; add 'command = "},
	};

	(void)state;
	CHECK(rows);
}

/* H39: NUL and other control bytes */
static void
test_lines_next_of_control_bytes_refuses(void **state)
{
	static const char nul[] = "command = x\nuser = a\0b\n";
	static const char first[] = "\0";

	(void)state;
	parse_bytes(nul, sizeof(nul) - 1);
	assert_string_equal(
		message, "web:2:9: a NUL byte; this must be a text file");
	parse_bytes(first, 1);
	assert_string_equal(
		message, "web:1:1: a NUL byte; this must be a text file");
	for (int c = 1; c < 256; c++) {
		char text[] = "command = xAy";
		bool is_bad = (c < ' ' && c != '\t' && c != '\n') || c == 0x7f;

		text[11] = (char)c;
		if (c == '\n')
			continue;
		parse(text);
		if (is_bad)
			assert_non_null(strstr(message, "web:1:12: a control"));
		else if (strchr(";|&><()`'\"$%", c) == NULL && c != '\\')
			assert_string_equal(message, "");
	}
	assert_non_null(strstr(parse("# \x01\ncommand = x"), "web:1:3: "));
	assert_non_null(strstr(parse("command = x\ry\n"), "web:1:12: "));
	assert_non_null(strstr(parse("command = x\r\r\n"), "web:1:12: "));
	assert_string_equal(parse("command = x\r\n"), "");
	assert_string_equal(parse("command = x\r"), "");
}

/* H39: long lines */
static void
test_lines_next_at_the_line_limit_counts_bytes(void **state)
{
	size_t size = 1u << 20;
	char *text = malloc(size);

	(void)state;
	memset(text, 'x', size);
	memcpy(text, "command = ", 10);
	parse_bytes(text, LINES_MAX);
	assert_string_equal(message, "");
	assert_int_equal(strlen(def.command.item[0]), LINES_MAX - 10);
	parse_bytes(text, LINES_MAX + 1);
	assert_non_null(strstr(message, "web:1: a line of more than 64 KiB"));
	parse_bytes(text, size);
	assert_non_null(strstr(message, "web:1: a line of more than 64 KiB"));
	/* The line before it and continuations count as well. */
	memcpy(text, "type = process\ncommand = ", 25);
	parse_bytes(text, size);
	assert_non_null(strstr(message, "web:2: a line of more than 64 KiB"));
	for (size_t i = 1000; i + 1 < size; i += 1000)
		memcpy(text + i, "\\\n", 2);
	parse_bytes(text, size);
	assert_non_null(strstr(message, "web:2: a line of more than 64 KiB"));
	free(text);
}

/*
 * Whatever the bytes, stripping comments changes neither what is read nor
 * where an error is; and nothing reads out of bounds.
 */
static void
test_lines_strip_of_random_texts_changes_no_meaning(void **state)
{
	static const char alphabet[] =
		"abc  ==##''\"\"\\\\\n\n\n\r\t|$%\x01type target user\n";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char text[48], stripped[48], first[sizeof(message)];
		size_t len = 0, n;

		seed = seed * 1103515245u + 12345u;
		n = seed >> 16 & 31;
		if (round % 2 == 0)
			len = (size_t)sprintf(text, "user =");
		while (len < n + 6) {
			seed = seed * 1103515245u + 12345u;
			text[len++] =
				alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		memcpy(stripped, text, len);
		parse_bytes(text, len);
		strcpy(first, message);
		n = lines_strip(stripped, len);
		assert_true(n <= len);
		parse_bytes(stripped, n);
		if (strcmp(message, first) != 0)
			fail_msg("[%.*s]\n%s\n[%.*s]\n%s", (int)len, text,
				first, (int)n, stripped, message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_lines_next_of_broken_lines_says_what_is_right),
		cmocka_unit_test(
			test_lines_next_of_comments_and_continuations_lexes),
		cmocka_unit_test(test_lines_next_of_comment_lines_skips_them),
		cmocka_unit_test(test_lines_next_of_control_bytes_refuses),
		cmocka_unit_test(
			test_lines_next_at_the_line_limit_counts_bytes),
		cmocka_unit_test(
			test_lines_strip_of_random_texts_changes_no_meaning),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
