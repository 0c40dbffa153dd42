#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/words.h"

static const char *const env[] = {"A=1", "EMPTY=", "TWO=x  y",
	"BLANK=  ", "QUOTED='a b'", "PATH=/bin", "AB=long", "_U9=u", NULL};
static const struct words_context context = {
	.name = "tor@my-inst-1",
	.runtime = "/run/tend",
	.user = "joe",
	.home = "/home/joe",
	.host = "box",
	.env = env,
};

/* The words with '|' between and behind them; "! COLUMN" for an error. */
static const char *
split(const char *text, unsigned flags, const struct words_context *c)
{
	static char out[1024];
	static char memory[4096];
	struct arena arena;
	struct def_error error = {0};
	const char **words;
	unsigned count;
	bool is_good = words_check(text, flags, &error);

	arena_init(&arena, memory, sizeof(memory));
	memset(&error, 0, sizeof(error));
	if (!words_split(text, flags, c, &arena, &words, &count, &error)) {
		assert_false(is_good);
		assert_true(error.text[0] != '\0');
		out[0] = '!';
		out[1] = (char)('0' + error.column / 10);
		out[2] = (char)('0' + error.column % 10);
		out[3] = '\0';
		return out;
	}
	assert_true(is_good);
	assert_null(words[count]);
	out[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		strcat(out, words[i]);
		strcat(out, "|");
	}
	return out;
}

struct row {
	const char *text, *words;
};

static void
check(const struct row *rows, size_t count, unsigned flags)
{
	for (size_t i = 0; i < count; i++) {
		const char *words = split(rows[i].text, flags, &context);

		if (strcmp(words, rows[i].words) != 0)
			fail_msg("%s\n  is   %s\n  want %s", rows[i].text,
				words, rows[i].words);
	}
}

#define CHECK(rows, flags) check(rows, sizeof(rows) / sizeof(rows[0]), flags)

static void
test_words_split_of_quotes_follows_sh(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{" \t ", ""},
		{"a", "a|"},
		{"  a  b\tc ", "a|b|c|"},
		{"'a b' c", "a b|c|"},
		{"\"a b\" c", "a b|c|"},
		{"a'b'\"c\"d", "abcd|"},
		{"''", "|"},
		{"\"\" ''", "||"},
		{"a\\ b", "a b|"},
		{"\\'", "'|"},
		{"\\\\", "\\|"},
		{"'\\'", "\\|"},
		{"\"\\\"\\\\\\$\\`\\n\"", "\"\\$`\\n|"},
		{"\"'\" '\"'", "'|\"|"},
		{"';|&<>()`$A%n'", ";|&<>()`$A%n|"},
		{"\";|&<>()`\"", ";|&<>()`|"},
		{"\\; \\| \\& \\> \\< \\( \\) \\`", ";|||&|>|<|(|)|`|"},
		{"* ? ~ [a] {b,c} # !x ^ a=b", "*|?|~|[a]|{b,c}|#|!x|^|a=b|"},
		{"\xc3\xa9", "\xc3\xa9|"},
	};

	(void)state;
	CHECK(rows, WORDS_VARIABLES);
}

/* H39: what $ may mean */
static void
test_words_split_of_variables_expands(void **state)
{
	static const struct row rows[] = {
		{"${Z}${z}${_}${a0}${a9}", "|"},
		{"$A", "1|"},
		{"$TWO", "x|y|"},
		{"a $TWO b", "a|x|y|b|"},
		{"$EMPTY", ""},
		{"$BLANK", ""},
		{"$UNSET", ""},
		{"a $UNSET b", "a|b|"},
		{"\"$TWO\"", "x  y|"},
		{"\"$EMPTY\"", "|"},
		{"\"$UNSET\"", "|"},
		{"${TWO}", "x  y|"},
		{"${EMPTY}", "|"},
		{"${UNSET}", "|"},
		{"x$TWO", "xx  y|"},
		{"$TWO.", "x  y.|"},
		{"$TWO$A", "x  y1|"},
		{"\"\"$TWO", "x  y|"},
		{"'$TWO'", "$TWO|"},
		{"\\$TWO", "$TWO|"},
		{"$$", "$|"},
		{"$$A", "$A|"},
		{"\"$$A\"", "$A|"},
		{"$$$A", "$1|"},
		{"$QUOTED", "'a|b'|"}, /* values are never parsed */
		{"$AB", "long|"},
		{"${A}B", "1B|"},
		{"$_U9", "u|"},
		{"${UNSET:-def}", "def|"},
		{"${EMPTY:-def}", "def|"},
		{"${A:-def}", "1|"},
		{"${UNSET:-a b}", "a b|"},
		{"\"${UNSET:-a b}\"", "a b|"},
		{"${UNSET:-}", "|"},
		{"${UNSET:-;|&}", ";|&|"},
		{"${UNSET:-%u}", "joe|"},
		{"${A:-%u%u%u%u%u%u%u%u%u%u}", "1|"},
		{"${UNSET:-x}y", "xy|"},
	};

	(void)state;
	CHECK(rows, WORDS_VARIABLES);
}

static void
test_words_split_of_specifiers_expands(void **state)
{
	static const struct row rows[] = {
		{"%n", "tor@my-inst-1|"},
		{"%p", "tor|"},
		{"%i", "my-inst-1|"},
		{"%I", "my/inst/1|"},
		{"%t/x", "/run/tend/x|"},
		{"%u %h %H", "joe|/home/joe|box|"},
		{"%%", "%|"},
		{"%%n", "%n|"},
		{"100%%", "100%|"},
		{"\"%u\"", "joe|"},
		{"'%u'", "%u|"},
		{"\\%u", "%u|"},
		{"\"\\%u\"", "%u|"},
		{"+%%F", "+%F|"},
	};

	(void)state;
	CHECK(rows, WORDS_VARIABLES);
}

static void
test_words_split_of_bad_text_gives_the_column(void **state)
{
	static const struct row rows[] = {
		{"a ; b", "!03"},
		{"a|b", "!02"},
		{"a & b", "!03"},
		{"a && b", "!03"},
		{"a > f", "!03"},
		{"a 2>&1", "!04"},
		{"a < f", "!03"},
		{"(a)", "!01"},
		{"a)", "!02"},
		{"`a`", "!01"},
		{"a$(b)", "!02"},
		{"\"$(b)\"", "!02"},
		{"'a", "!01"},
		{"a 'b c", "!03"},
		{"a \"b", "!03"},
		{"\"a\\", "!01"},
		{"a\\", "!02"},
		{"$", "!01"},
		{"a $ b", "!03"},
		{"$1", "!01"},
		{"$-", "!01"},
		{"a$", "!02"},
		{"\"a$\"", "!03"},
		{"${", "!01"},
		{"${}", "!01"},
		{"${A", "!01"},
		{"${A-b}", "!01"},
		{"${#A}", "!01"},
		{"${A:=b}", "!01"},
		{"${A:-b", "!07"},
		{"${A:-$B}", "!06"},
		{"${A:-'b'}", "!06"},
		{"${1}", "!01"},
		{"%", "!01"},
		{"a %F", "!03"},
		{"date +%F", "!07"},
		{"\"%F\"", "!02"},
		{"%\xc3\xa9", "!01"},
		{"${A:-%F}", "!06"},
	};

	(void)state;
	CHECK(rows, WORDS_VARIABLES);
}

static void
test_words_check_of_a_percent_letter_names_the_fix(void **state)
{
	struct def_error error = {0};

	(void)state;
	assert_false(words_check("date +%F", WORDS_VARIABLES, &error));
	assert_non_null(strstr(error.text, "%%F"));
	assert_false(words_check("a && b", WORDS_VARIABLES, &error));
	assert_non_null(strstr(error.text, "quote it or use sh -c"));
}

static void
test_words_split_without_variables_keeps_dollars(void **state)
{
	static const struct row rows[] = {
		{"A=$B", "A=$B|"},
		{"$", "$|"},
		{"$A \"$A\" ${", "$A|$A|${|"},
		{"A=%n", "A=tor@my-inst-1|"},
		{"A=b;c", "!04"},
	};

	(void)state;
	CHECK(rows, 0);
}

static void
test_words_split_raw_keeps_specifiers_for_expand(void **state)
{
	static const struct row rows[] = {
		{"%n", "%n|"},
		{"%%", "%%|"},
		{"'%n'", "%%n|"},
		{"\\%n", "%%n|"},
		{"\"%n\"", "%n|"},
		{"'100%'", "100%%|"},
		{"%F", "!01"},
	};

	(void)state;
	CHECK(rows, WORDS_RAW);
}

static void
test_words_split_with_null_context_expands_to_nothing(void **state)
{
	static const struct words_context none;

	(void)state;
	assert_string_equal(
		split("a%n%p%i%t%u%h%H $A \"$A\"", WORDS_VARIABLES, &none),
		"a||");
	assert_string_equal(split("a%n $A", WORDS_VARIABLES, NULL), "a|");
}

/* The default that is not used must not be written either. */
static void
test_words_split_into_a_full_arena_says_so(void **state)
{
	static const char text[] =
		"a ${UNSET:-%n%n} 'b c' ${A:-%n%n%n%n%n%n%n%n}";
	unsigned good = 0;

	(void)state;
	for (size_t cap = 0; cap < 120; cap++) {
		/* Exact size, so that the sanitizer sees an overrun. */
		char *memory = malloc(cap == 0 ? 1 : cap);
		struct arena arena;
		struct def_error error = {.column = 77};
		const char **words;

		arena_init(&arena, memory, cap);
		if (words_split(text, WORDS_VARIABLES, &context, &arena, &words,
			    NULL, &error)) {
			assert_string_equal(words[3], "1");
			good++;
		} else {
			assert_int_equal(error.column, 0);
			assert_non_null(strstr(error.text, "too large"));
		}
		free(memory);
	}
	assert_in_range(good, 1, 119);
}

/* H39: a very long argv */
static void
test_words_split_of_a_hundred_thousand_words_works(void **state)
{
	enum {
		COUNT = 100000
	};
	char *text = malloc(COUNT * 2 + 1), *memory = malloc(4u << 20);
	struct arena arena;
	struct def_error error;
	const char **words;
	unsigned count;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + i * 2, "x ", 2);
	text[COUNT * 2] = '\0';
	arena_init(&arena, memory, 4u << 20);
	assert_true(words_split(text, 0, NULL, &arena, &words, &count, &error));
	assert_int_equal(count, COUNT);
	assert_string_equal(words[COUNT - 1], "x");
	free(text);
	free(memory);
}

static void
test_words_expand_of_text_replaces_only_specifiers(void **state)
{
	static char memory[1024];
	struct arena arena;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_string_equal(
		words_expand("A='%u' $A \\%%n %n", &context, &arena),
		"A='joe' $A \\%n tor@my-inst-1");
	assert_string_equal(words_expand("", &context, &arena), "");
	assert_null(words_expand("%F", &context, &arena));
	arena_init(&arena, memory, 4);
	assert_null(words_expand("%n", &context, &arena));
}

static void
test_words_getenv_of_prefixes_wants_the_whole_name(void **state)
{
	(void)state;
	assert_string_equal(words_getenv(env, "A", 1), "1");
	assert_string_equal(words_getenv(env, "EMPTY", 5), "");
	assert_null(words_getenv(env, "EMPT", 4));
	assert_null(words_getenv(env, "AA", 2));
	assert_null(words_getenv(NULL, "A", 1));
}

static void
test_words_split_of_bad_text_says_what(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"%F", "%F means nothing; write %%F"},
		{"%~", "%~ means nothing; write %%~"},
		{"%", "% alone means nothing; write %%"},
		{"% a", "% alone means nothing; write %%"},
		{"%\177", "% alone means nothing; write %%"},
		{"%\303\251", "% alone means nothing; write %%"},
		{"${A", "${ is not closed; add }"},
		{"${A:-b", "${ is not closed; add }"},
		{"${A:-$B}", "the word after :- takes neither"},
		{"${A:+b}", "only ${NAME} and ${NAME:-WORD}"},
		{"${A:", "only ${NAME} and ${NAME:-WORD}"},
		{"${}", "only ${NAME} and ${NAME:-WORD}"},
		{"${", "only ${NAME} and ${NAME:-WORD}"},
		{"a$(b)", "'$(': no shell here"},
		{"a$ b", "'$' without a name; write $$"},
		{"($)", "'(': no shell here"},
		{"a$", "'$' without a name; write $$"},
		{"'a", "the ' here is not closed"},
		{"\"a", "the \" here is not closed"},
		{"a \\", "a \\ with nothing after it"},
		{"a ;", "';': no shell here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct def_error error = {0};

		assert_false(
			words_check(rows[i].text, WORDS_VARIABLES, &error));
		if (strncmp(error.text, rows[i].error, strlen(rows[i].error)) !=
			0)
			fail_msg("%s\n  is   %s\n  want %s", rows[i].text,
				error.text, rows[i].error);
	}
}

/* Exactly what the header says that words need, to the byte. */
static void
test_words_split_takes_no_more_memory_than_needed(void **state)
{
	static _Alignas(8) char memory[64];
	struct arena arena;
	struct def_error error;
	const char **words;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_true(
		words_split("ab 'c'", 0, NULL, &arena, &words, NULL, &error));
	assert_string_equal(words[1], "c");
	/* What comes next begins at a multiple of 8, as on 64-bit machines. */
	assert_int_equal(
		arena.used, ((3 * sizeof(*words) + 7) & ~(size_t)7) + 5 + 1);
	/* And what is expanded has its own end. */
	memset(memory, 'x', sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	assert_string_equal(words_expand("ab", &context, &arena), "ab");
	assert_int_equal(arena.used, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_split_of_quotes_follows_sh),
		cmocka_unit_test(test_words_split_of_variables_expands),
		cmocka_unit_test(test_words_split_of_specifiers_expands),
		cmocka_unit_test(test_words_split_of_bad_text_gives_the_column),
		cmocka_unit_test(test_words_split_of_bad_text_says_what),
		cmocka_unit_test(
			test_words_split_takes_no_more_memory_than_needed),
		cmocka_unit_test(
			test_words_check_of_a_percent_letter_names_the_fix),
		cmocka_unit_test(
			test_words_split_without_variables_keeps_dollars),
		cmocka_unit_test(
			test_words_split_raw_keeps_specifiers_for_expand),
		cmocka_unit_test(
			test_words_split_with_null_context_expands_to_nothing),
		cmocka_unit_test(test_words_split_into_a_full_arena_says_so),
		cmocka_unit_test(
			test_words_split_of_a_hundred_thousand_words_works),
		cmocka_unit_test(
			test_words_expand_of_text_replaces_only_specifiers),
		cmocka_unit_test(
			test_words_getenv_of_prefixes_wants_the_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
