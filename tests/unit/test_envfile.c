#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/envfile.h"
#include "lib/fmt.h"

static char out[4096];

static void
collect(void *context, const char *pair)
{
	struct fmt *f = context;

	fmt_str(f, pair);
	fmt_char(f, '|');
}

/* The pairs with '|' behind each, or the error. */
static const char *
parse_bytes(const char *text, size_t len)
{
	static char memory[1u << 20];
	struct arena arena;
	struct def_error error;
	struct fmt f;
	char *copy = malloc(len == 0 ? 1 : len);

	memcpy(copy, text, len);
	arena_init(&arena, memory, sizeof(memory));
	memset(&error, 0xff, sizeof(error));
	fmt_init(&f, out, sizeof(out));
	if (!envfile_parse("env", copy, len, &arena, collect, &f, &error)) {
		fmt_init(&f, out, sizeof(out));
		def_error_format(&f, &error);
	} else {
		assert_int_equal(error.line, 0);
		assert_int_equal(error.column, 0);
		assert_string_equal(error.text, "");
	}
	free(copy);
	return out;
}

struct row {
	const char *text, *pairs;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].pairs);

		parse_bytes(rows[i].text, strlen(rows[i].text));
		if (len == 0 || rows[i].pairs[len - 1] == '|')
			assert_string_equal(out, rows[i].pairs);
		else if (strncmp(out, rows[i].pairs, len) != 0)
			fail_msg("%s\n  is   %s\n  want %s", rows[i].text, out,
				rows[i].pairs);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void
test_envfile_parse_of_good_lines_gives_pairs(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{"\n\n \t\n", ""},
		{"# A=1\n; B=2\n  # C=3", ""},
		{"A=1", "A=1|"},
		{"A=1\n", "A=1|"},
		{"A=1\r\nB=2\r\n", "A=1|B=2|"},
		{"  A = 1 \n\tB\t=\t2\t", "A=1|B=2|"},
		{"A=", "A=|"},
		{"A= \nB=''\nC=\"\"", "A=|B=|C=|"},
		{"A=a b  c", "A=a b  c|"},
		{"A='a b ' ", "A=a b |"},
		{"A=\"a b \"", "A=a b |"},
		{"A=a'b'\"c\"d", "A=abcd|"},
		{"A=a # b", "A=a # b|"},
		{"A=$B ${C} `d` $(e)", "A=$B ${C} `d` $(e)|"},
		{"A=\"\\\"\\\\\\$\\`\\n\"", "A=\"\\$`\\n|"},
		{"A='\\n\\\\'", "A=\\n\\\\|"},
		{"A=\\'\\\"\\x", "A='\"x|"},
		{"A=a\\ ", "A=a |"},
		{"A=a\\\nb", "A=ab|"},
		{"A=a\\\r\n  b\nC=1", "A=a  b|C=1|"},
		{"A=\"a\\\nb\"", "A=ab|"},
		{"# x \\\nA=1", "A=1|"},
		{"export A=1", "A=1|"},
		{"export\tA=1", "A=1|"},
		{"export=1", "export=1|"},
		{"exportA=1", "exportA=1|"},
		{"A=1\nA=2", "A=1|A=2|"},
		{"_a1=x=y", "_a1=x=y|"},
		{"A=1\nexport B=2", "A=1|B=2|"},
		{"\\\nA=1", "A=1|"},
		{"A=x\\", "A=x\\|"},
		{"A='x\\'", "A=x\\|"},
		{"A=%n", "A=%n|"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_envfile_parse_of_bad_lines_names_the_place(void **state)
{
	static const struct row rows[] = {
		{"A", "env:1:1: no NAME and '='"},
		{"A=1\n B", "env:2:2: no NAME"},
		{"=1", "env:1:1: no NAME"},
		{"1A=1", "env:1:1: no NAME"},
		{"A-B=1", "env:1:1: no NAME"},
		{"A B=1", "env:1:1: no NAME"},
		{"export A", "env:1:8: no NAME"},
		{"export", "env:1:1: no NAME"},
		{"export =1", "env:1:8: no NAME"},
		{"A=1\nB='x\nC=2", "env:2:3: the ' here is not closed"},
		{"A=\"x", "env:1:3: the \" here is not closed"},
		{"A=x\\\n'y", "env:2:1: the ' here"},
		{"\xc3\xa9=1", "env:1:1: no NAME"},
		{"A=\"x\\", "env:1:3: the \" here is not closed"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_envfile_parse_of_a_nul_names_the_place(void **state)
{
	static const char text[] = "A=1\nB=\0";

	(void)state;
	assert_string_equal(parse_bytes(text, sizeof(text) - 1),
		"env:2:3: a NUL byte; this must be a text file");
	assert_string_equal(parse_bytes("", 1),
		"env:1:1: a NUL byte; this must be a text file");
}

static void
test_envfile_parse_into_a_full_arena_says_so(void **state)
{
	char memory[64];
	struct arena arena;
	struct def_error error;
	struct fmt f;

	(void)state;
	fmt_init(&f, out, sizeof(out));
	for (size_t cap = 0; cap < 13; cap++) {
		arena_init(&arena, memory, cap);
		assert_false(envfile_parse("env", "A=1234567890", 12, &arena,
			collect, &f, &error));
		assert_non_null(strstr(error.text, "too large"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_envfile_parse_of_good_lines_gives_pairs),
		cmocka_unit_test(
			test_envfile_parse_of_bad_lines_names_the_place),
		cmocka_unit_test(test_envfile_parse_of_a_nul_names_the_place),
		cmocka_unit_test(test_envfile_parse_into_a_full_arena_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
