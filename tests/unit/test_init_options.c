#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/options.h"

static struct options options;
static const char *words_out[OPTIONS_WORDS];

/* Parses a name and these words; what is not an option is the command. */
static void
parse_with(const char *const *words, char **envp)
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
	memset(words_out, 0, sizeof(words_out));
	options_parse(&options, argv, envp, words_out);
}

static void
parse(const char *const *words)
{
	static char *none[] = {NULL};

	parse_with(words, none);
}

#define PARSE(...)    parse((const char *const[]){"init", __VA_ARGS__, NULL})
#define PARSE_AS(...) parse((const char *const[]){__VA_ARGS__, NULL})

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
	PARSE("-p");
	is_bad("-p", "needs an argument");
	PARSE("-pNONE");
	is_bad("NONE", "no such signal");
	PARSE("--wait=some");
	is_bad("some", "write --wait=main, --wait=group or --wait=all");
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

static void
test_options_parse_of_tinis_options(void **state)
{
	(void)state;
	PARSE_AS("/usr/bin/tini", "-gwsvv", "-p", "SIGHUP", "-e", "3", "cmd");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_int_equal(options.like, LIKE_TINI);
	assert_true(options.to_group);
	assert_true(options.shows_reaped);
	assert_int_equal(options.verbosity, 2);
	assert_int_equal(options.parent_death, 1);
	assert_int_equal(options_status(&options, 3), 0);
	PARSE_AS("tini", "-l");
	assert_int_equal(options.verdict, OPTIONS_LICENSE);
	PARSE_AS("docker-init", "--version");
	assert_int_equal(options.like, LIKE_TINI);
	PARSE_AS("tini-static", "-c", "/etc/x");
	is_bad("-c", "unknown option");
	PARSE("-p15", "-w");
	assert_int_equal(options.parent_death, 15);
	assert_true(options.shows_reaped);
}

static void
test_options_parse_as_dumb_init(void **state)
{
	(void)state;
	PARSE_AS("dumb-init", "cmd");
	assert_int_equal(options.like, LIKE_DUMB_INIT);
	assert_true(options.in_session);
	assert_true(options.to_group);
	assert_true(options.suspends_self);
	assert_int_equal(options_signal(&options, 20), 19);
	assert_int_equal(options_signal(&options, 21), 19);
	assert_int_equal(options_signal(&options, 22), 19);
	assert_int_equal(options_signal(&options, 15), 15);
	PARSE_AS("dumb-init", "-c", "-r15:3", "--rewrite", "1:0", "cmd");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_false(options.in_session);
	assert_false(options.to_group);
	assert_string_equal(options.command[0], "cmd");
	assert_int_equal(options_signal(&options, 15), 3);
	assert_int_equal(options_signal(&options, 1), 0);
	assert_int_equal(options_signal(&options, 20), 20);
	PARSE_AS("dumb-init", "-r20:18", "cmd");
	assert_int_equal(options_signal(&options, 20), 18);
	PARSE_AS("dumb-init", "--single-child", "--verbose");
	assert_false(options.in_session);
	assert_int_equal(options.verbosity, 1);
	PARSE_AS("dumb-init", "-V");
	assert_int_equal(options.verdict, OPTIONS_VERSION);
	PARSE_AS("dumb-init", "-g");
	is_bad("-g", "unknown option");
}

static void
test_options_parse_of_rewrites_that_are_wrong(void **state)
{
	static const char *const bad[] = {"15", "15:", ":15", "0:1", "32:1",
		"1:32", "1:2:3", "x:1", "1:x"};
	static const char text[] = "write SIGNAL:SIGNAL, both numbers up to 31";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PARSE_AS("dumb-init", "-r", bad[i]);
		is_bad(bad[i], text);
	}
	PARSE("--rewrite=1");
	is_bad("1", text);
}

/* -c and -r mean a directory to init, where a directory can be meant. */
static void
test_options_parse_of_letters_that_two_know(void **state)
{
	(void)state;
	PARSE("-r", "15:3", "-c", "--", "cmd");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_int_equal(options_signal(&options, 15), 3);
	assert_null(options.runtime);
	assert_null(options.config);
	assert_string_equal(options.command[0], "cmd");
	PARSE("-r", "./15:3", "-c", "dir");
	assert_string_equal(options.runtime, "./15:3");
	assert_string_equal(options.config, "dir");
}

static void
test_options_parse_as_catatonit(void **state)
{
	(void)state;
	PARSE_AS("/usr/libexec/podman/catatonit", "-P");
	assert_int_equal(options.like, LIKE_CATATONIT);
	assert_true(options.is_pause);
	PARSE_AS("catatonit", "-g", "--", "cmd");
	assert_true(options.to_group);
	PARSE_AS("catatonit", "-L");
	assert_int_equal(options.verdict, OPTIONS_LICENSE);
	PARSE_AS("catatonit", "-e3");
	assert_int_equal(options.verdict, OPTIONS_BAD);
}

static void
test_options_parse_of_what_to_wait_for(void **state)
{
	(void)state;
	PARSE("cmd");
	assert_int_equal(options.wait, WAIT_MAIN);
	PARSE("--wait=group", "cmd");
	assert_int_equal(options.wait, WAIT_GROUP);
	PARSE("--wait=all", "cmd");
	assert_int_equal(options.wait, WAIT_ALL);
	PARSE("--wait=all", "--wait=main", "cmd");
	assert_int_equal(options.wait, WAIT_MAIN);
}

static void
are_words(const char *const *words)
{
	unsigned n = OPTIONS_FIRST;

	for (; *words; words++, n++) {
		assert_non_null(options.words[n]);
		assert_string_equal(options.words[n], *words);
	}
	assert_null(options.words[n]);
	assert_int_equal(options.words_len, n);
}

#define WORDS(...) are_words((const char *const[]){__VA_ARGS__, NULL})

static void
test_options_parse_of_what_the_supervisor_is_to_know(void **state)
{
	(void)state;
	PARSE("-S", "web=a b", "-e1", "-vSx=y", "--stop-budget=5s", "-c", "/d",
		"--drain=1s", "-r/r", "--", "cmd", "-S");
	assert_int_equal(options.verdict, OPTIONS_RUN);
	assert_true(options.is_supervised);
	assert_false(options.is_doctor);
	WORDS("-S", "web=a b", "-S", "x=y", "--stop-budget=5s", "-c", "/d",
		"--drain=1s", "-r", "/r", "--", "cmd", "-S");
	assert_string_equal(options.command[0], "cmd");
	PARSE("-S", "web=a");
	assert_true(options.is_supervised);
	WORDS("-S", "web=a");
	PARSE("--drain=", "--", "cmd");
	assert_true(options.is_supervised);
	WORDS("--drain=", "--", "cmd");
	PARSE("--doctor", "-S", "x=y");
	assert_true(options.is_doctor);
	WORDS("--doctor", "-S", "x=y");
	PARSE("-c", "/d", "--", "cmd");
	assert_false(options.is_supervised);
	WORDS("-c", "/d");
	PARSE("-r", "15:9", "--", "cmd");
	assert_int_equal(options.words_len, OPTIONS_FIRST);
}

static void
test_options_parse_of_services_that_are_wrong(void **state)
{
	(void)state;
	PARSE("-S", "x=y", "cmd");
	is_bad("cmd", "a command beside services follows --");
	assert_null(options.command);
	PARSE("-S");
	is_bad("-S", "needs an argument");
	PARSE("--stop-budget", "5s");
	is_bad("--stop-budget", "unknown option");
	PARSE_AS("tini", "-S", "x=y");
	is_bad("-S", "unknown option");
	PARSE_AS("catatonit", "-S", "x=y");
	is_bad("-S", "unknown option");
}

/* More than the array holds: it is said, and nothing behind it is written. */
static void
test_options_parse_of_too_many_words_says_so(void **state)
{
	static char word[] = "w";
	static char name[] = "init", budget[] = "--drain=1", dashes[] = "--";
	static char *argv[OPTIONS_WORDS + 8], *none[] = {NULL};
	static const char *out[OPTIONS_WORDS + 1];

	(void)state;
	for (size_t i = 0; i < OPTIONS_WORDS + 7; i++)
		argv[i] = word;
	argv[0] = name;
	argv[1] = budget;
	argv[2] = dashes;
	options_parse(&options, argv, none, out);
	is_bad("w", "too many words");
	assert_null(out[OPTIONS_WORDS]);
	assert_null(out[OPTIONS_WORDS - 1]);
}

static void
test_options_parse_of_the_environment(void **state)
{
	static const char *const words[] = {"init", "cmd", NULL};
	static const char *const dumb[] = {"dumb-init", "cmd", NULL};
	static char group[] = "TINI_KILL_PROCESS_GROUP=";
	static char verbose[] = "TINI_VERBOSITY=3";
	static char quiet[] = "TINI_VERBOSITY=0";
	static char single[] = "DUMB_INIT_SETSID=0";
	static char debug[] = "DUMB_INIT_DEBUG=1";
	static char longer[] = "TINI_VERBOSITYS=3";

	(void)state;
	parse_with(words, (char *[]){group, verbose, NULL});
	assert_true(options.to_group);
	assert_int_equal(options.verbosity, 2);
	parse_with(words, (char *[]){quiet, longer, NULL});
	assert_int_equal(options.verbosity, 0);
	assert_false(options.to_group);
	parse_with(dumb, (char *[]){single, debug, NULL});
	assert_false(options.in_session);
	assert_false(options.to_group);
	assert_int_equal(options.verbosity, 2);
	assert_int_equal(options_signal(&options, 20), 20);
	parse_with(words, (char *[]){single, NULL});
	assert_false(options.in_session);
}

static void
test_options_of_each_name_have_its_statuses(void **state)
{
	(void)state;
	PARSE("cmd");
	assert_int_equal(options_usage_status(&options), 2);
	assert_int_equal(options_exec_status(&options, ENOENT), 127);
	assert_int_equal(options_exec_status(&options, ENOTDIR), 127);
	assert_int_equal(options_exec_status(&options, EACCES), 126);
	PARSE_AS("tini", "cmd");
	assert_int_equal(options_usage_status(&options), 1);
	assert_int_equal(options_exec_status(&options, ENOENT), 127);
	PARSE_AS("dumb-init", "cmd");
	assert_int_equal(options_exec_status(&options, EACCES), 2);
	assert_memory_equal(options_version(&options), "dumb-init v", 11);
	PARSE_AS("catatonit", "cmd");
	assert_int_equal(options_exec_status(&options, ENOENT), 1);
	/* What docker looks for. */
	assert_memory_equal(options_version(&options), "tini version ", 13);
	assert_int_equal(options_signal(&options, 0), 0);
	assert_int_equal(options_signal(&options, 64), 64);
	assert_int_equal(options_signal(&options, 65), 0);
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
		cmocka_unit_test(test_options_parse_of_tinis_options),
		cmocka_unit_test(test_options_parse_as_dumb_init),
		cmocka_unit_test(test_options_parse_of_rewrites_that_are_wrong),
		cmocka_unit_test(test_options_parse_of_letters_that_two_know),
		cmocka_unit_test(test_options_parse_as_catatonit),
		cmocka_unit_test(test_options_parse_of_what_to_wait_for),
		cmocka_unit_test(
			test_options_parse_of_what_the_supervisor_is_to_know),
		cmocka_unit_test(test_options_parse_of_services_that_are_wrong),
		cmocka_unit_test(test_options_parse_of_too_many_words_says_so),
		cmocka_unit_test(test_options_parse_of_the_environment),
		cmocka_unit_test(test_options_of_each_name_have_its_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
