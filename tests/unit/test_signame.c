#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/signame.h"

/* Whatever C library this test has. */
#define RT_MIN 34

static void
test_signame_parse_of_a_name_in_any_form_finds_it(void **state)
{
	const struct {
		const char *text;
		int number;
	} rows[] = {
		{"TERM", SIGTERM},
		{"SIGTERM", SIGTERM},
		{"term", SIGTERM},
		{"SigTerm", SIGTERM},
		{"HUP", SIGHUP},
		{"SYS", SIGSYS},
		{"abrt", SIGABRT},
		{"IOT", SIGABRT},
		{"POLL", SIGIO},
		{"CLD", SIGCHLD},
		{"usr1", SIGUSR1},
		{"xfsz", SIGXFSZ},
		{"RTMIN", RT_MIN},
		{"sigrtmin", RT_MIN},
		{"RTMIN+0", RT_MIN},
		{"RTMIN+1", RT_MIN + 1},
		{"RTMAX", SIGRTMAX},
		{"RTMAX-0", SIGRTMAX},
		{"RTMAX-14", SIGRTMAX - 14},
		{"1", 1},
		{"9", 9},
		{"15", SIGTERM},
		{"015", SIGTERM},
		{"64", 64},
		{"0", 0},
		{"", 0},
		{"SIG", 0},
		{"SIG15", 0},
		{"TERMS", 0},
		{"TER", 0},
		{"TERM ", 0},
		{" TERM", 0},
		{"SIGSIGTERM", 0},
		{"-15", 0},
		{"15x", 0},
		{"65", 0},
		{"100", 0},
		{"0015", 0},
		{"4294967311", 0},
		{"RTMIN+", 0},
		{"RTMIN-1", 0},
		{"RTMIN+x", 0},
		{"RTMIN+1x", 0},
		{"RTMIN+999", 0},
		{"RTMINx", 0},
		{"RTMAX-", 0},
		{"RTMAX+1", 0},
		{"RTMAX-1x", 0},
		{"RTMAX-999", 0},
		{"RTMAXx", 0},
		{"RTMI", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (signame_parse(rows[i].text) != rows[i].number)
			fail_msg("'%s': %d, not %d", rows[i].text,
				signame_parse(rows[i].text), rows[i].number);
}

/* The first and the last of the real-time ones are in reach, no others. */
static void
test_signame_parse_of_real_time_ends_at_both_ends(void **state)
{
	const int span = SIGRTMAX - RT_MIN;
	char text[32];

	(void)state;
	for (int n = 0; n < 100; n++) {
		snprintf(text, sizeof(text), "RTMIN+%d", n);
		assert_int_equal(
			signame_parse(text), n <= span ? RT_MIN + n : 0);
		snprintf(text, sizeof(text), "RTMAX-%d", n);
		assert_int_equal(
			signame_parse(text), n <= span ? SIGRTMAX - n : 0);
	}
}

static void
test_signame_get_of_each_number_is_parsed_back(void **state)
{
	char buf[16];
	char text[32];

	(void)state;
	for (int n = 1; n <= SIGRTMAX; n++)
		assert_int_equal(signame_parse(signame_get(n, buf)), n);
	assert_string_equal(signame_get(SIGTERM, buf), "TERM");
	assert_string_equal(signame_get(SIGABRT, buf), "ABRT");
	assert_string_equal(signame_get(SIGCHLD, buf), "CHLD");
	assert_string_equal(signame_get(SIGIO, buf), "IO");
	assert_string_equal(signame_get(RT_MIN, buf), "RTMIN");
	assert_string_equal(signame_get(RT_MIN + 1, buf), "RTMIN+1");
	assert_string_equal(signame_get(RT_MIN + 12, buf), "RTMIN+12");
	/* None of theirs, so the number it is. */
	assert_string_equal(signame_get(32, buf), "32");
	snprintf(text, sizeof(text), "%d", RT_MIN - 1);
	assert_string_equal(signame_get(RT_MIN - 1, buf), text);
	snprintf(text, sizeof(text), "RTMIN+%d", SIGRTMAX - RT_MIN);
	assert_string_equal(signame_get(SIGRTMAX, buf), text);
	assert_string_equal(signame_get(SIGRTMAX + 1, buf), "65");
	assert_string_equal(signame_get(0, buf), "0");
	assert_string_equal(signame_get(-1, buf), "-1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_signame_parse_of_a_name_in_any_form_finds_it),
		cmocka_unit_test(
			test_signame_parse_of_real_time_ends_at_both_ends),
		cmocka_unit_test(
			test_signame_get_of_each_number_is_parsed_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
