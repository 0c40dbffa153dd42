#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/options.h"

static struct options options;

/* Parses "init" and these words; what is not an option is the command. */
static void
parse(const char *const *words)
{
	static char text[16][32];
	static char *argv[17];
	size_t count = 0;

	for (; words[count]; count++) {
		assert_true(count < 16 && strlen(words[count]) < 32);
		argv[count] = strcpy(text[count], words[count]);
	}
	argv[count] = NULL;
	memset(&options, 0xff, sizeof(options));
	options_parse(&options, argv);
}

#define PARSE(...) parse((const char *const[]){"init", __VA_ARGS__, NULL})

static void
is_bad(const char *bad, const char *problem)
{
	assert_int_equal(options.verdict, OPTIONS_BAD);
	assert_string_equal(options.bad, bad);
	assert_string_equal(options.problem, problem);
}

static void
test_options_parse_of_nothing_leaves_all_unset(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const name[] = {"init", NULL};

	(void)state;
	for (int i = 0; i < 2; i++) {
		parse(i == 0 ? none : name);
		assert_int_equal(options.verdict, OPTIONS_RUN);
		assert_int_equal(options.place, PLACE_ASK_KERNEL);
		assert_null(options.command);
		assert_null(options.config);
		assert_null(options.runtime);
		assert_false(options.to_group);
		assert_false(options.has_dashes);
		for (int n = 0; n < 256; n++)
			assert_int_equal(options_status(&options, n), n);
	}
}

static void
test_options_parse_of_each_option_sets_it(void **state)
{
	(void)state;
	PARSE("-g");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_true(options.to_group);
	assert_false(options.has_dashes);
	PARSE("-s");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_false(options.to_group);
	PARSE("-c", "/etc/x", "-r", "/run/x", "cmd");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_string_equal(options.config, "/etc/x");
	assert_string_equal(options.runtime, "/run/x");
	assert_string_equal(options.command[0], "cmd");
	assert_null(options.command[1]);
	PARSE("-gsc/etc/x", "-r/run/x");
	assert_true(options.to_group);
	assert_string_equal(options.config, "/etc/x");
	assert_string_equal(options.runtime, "/run/x");
	assert_null(options.command);
	PARSE("--container");
	assert_int_equal(options.place, PLACE_CONTAINER);
	PARSE("--machine");
	assert_int_equal(options.place, PLACE_MACHINE);
	PARSE("--version");
	assert_int_equal(options.verdict, OPTIONS_VERSION);
	PARSE("--help");
	assert_int_equal(options.verdict, OPTIONS_HELP);
	PARSE("-h");
	assert_int_equal(options.verdict, OPTIONS_HELP);
}

/* The first word that is no option ends them, and so does "--". */
static void
test_options_parse_of_a_command_takes_no_more(void **state)
{
	(void)state;
	PARSE("-g", "cmd", "-s", "--nonsense");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_string_equal(options.command[0], "cmd");
	assert_string_equal(options.command[1], "-s");
	assert_false(options.has_dashes);
	PARSE("--", "-x", "--");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_true(options.has_dashes);
	assert_string_equal(options.command[0], "-x");
	assert_string_equal(options.command[1], "--");
	PARSE("--");
	assert_true(options.has_dashes);
	assert_null(options.command);
	/* A lone dash and an empty word are commands, bad as they are. */
	PARSE("-", "x");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_string_equal(options.command[0], "-");
	PARSE("", "x");
	assert_string_equal(options.command[0], "");
}

static void
test_options_parse_of_what_is_wrong_says_what(void **state)
{
	static const char status[] = "an exit status is a number from 0 to 255";

	(void)state;
	PARSE("--nonsense");
	is_bad("--nonsense", "unknown option");
	PARSE("-gx");
	is_bad("-x", "unknown option");
	assert_true(options.to_group);
	PARSE("-gc");
	is_bad("-c", "needs an argument");
	PARSE("-e");
	is_bad("-e", "needs an argument");
	PARSE("-e256");
	is_bad("256", status);
	PARSE("-e", "3x");
	is_bad("3x", status);
	PARSE("-ex");
	is_bad("x", status);
	PARSE("-e1:");
	is_bad("1:", status);
	PARSE("-e1/");
	is_bad("1/", status);
	PARSE("-e", "");
	is_bad("", status);
	PARSE("-e4294967297");
	is_bad("4294967297", status);
}

/* PID 1 of a machine goes on: what follows still counts, the first blame too.
 */
static void
test_options_parse_behind_an_error_goes_on(void **state)
{
	(void)state;
	PARSE("-x", "-y", "-c", "/etc/x", "--foo", "--help", "--machine", "-ez",
		"cmd");
	is_bad("-x", "unknown option");
	assert_string_equal(options.config, "/etc/x");
	assert_int_equal(options.place, PLACE_MACHINE);
	assert_string_equal(options.command[0], "cmd");
	PARSE("--help", "-x", "--version");
	assert_int_equal(options.verdict, OPTIONS_HELP);
	PARSE("--foo", "-x");
	is_bad("--foo", "unknown option");
}

static void
test_options_status_of_given_ones_is_zero(void **state)
{
	(void)state;
	PARSE("-e0", "-e", "143", "-e31", "-e7", "-e32", "-e255");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	for (int n = 0; n < 256; n++) {
		int wanted =
			n == 143 || n == 31 || n == 7 || n == 32 || n == 255
				? 0
				: n;

		assert_int_equal(options_status(&options, n), wanted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_options_parse_of_nothing_leaves_all_unset),
		cmocka_unit_test(test_options_parse_of_each_option_sets_it),
		cmocka_unit_test(test_options_parse_of_a_command_takes_no_more),
		cmocka_unit_test(test_options_parse_of_what_is_wrong_says_what),
		cmocka_unit_test(test_options_parse_behind_an_error_goes_on),
		cmocka_unit_test(test_options_status_of_given_ones_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
