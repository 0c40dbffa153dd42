#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "svctl/lastwords.h"
#include "svctl/when.h"

#define STAMP "2026-11-23T14:31:05.123456Z"
#define NOW   1795444265123456ll

static bool
parse(struct lastwords *words, const char *text)
{
	return lastwords_parse(words, text, strlen(text));
}

static void
test_lastwords_parse_of_a_record_takes_all_of_it(void **state)
{
	struct lastwords w;

	(void)state;
	assert_true(parse(&w, "time=" STAMP "\npid=12\nexit=1\nsignal=\n"
			      "ran_ms=5\ncpu_ms=3\npeak_kb=1200\noom=yes\n"
			      "new=4=5\n\nfirst\n\nlast\n"));
	assert_int_equal(w.us, NOW);
	assert_int_equal(w.pid, 12);
	assert_int_equal(w.exit_code, 1);
	assert_int_equal(w.signal_len, 0);
	assert_int_equal(w.ran_ms, 5);
	assert_int_equal(w.cpu_ms, 3);
	assert_int_equal(w.peak_kb, 1200);
	assert_true(w.was_oom);
	assert_int_equal(w.text_len, 12);
	assert_memory_equal(w.text, "first\n\nlast\n", 12);
}

static void
test_lastwords_parse_of_a_signal_takes_its_name(void **state)
{
	struct lastwords w;

	(void)state;
	assert_true(parse(
		&w, "time=" STAMP "\nexit=\nsignal=RTMIN+3\noom=unknown\n"));
	assert_int_equal(w.exit_code, -1);
	assert_int_equal(w.signal_len, 7);
	assert_memory_equal(w.signal, "RTMIN+3", 7);
	assert_false(w.was_oom);
	assert_int_equal(w.pid, -1);
	assert_int_equal(w.ran_ms, -1);
	assert_int_equal(w.cpu_ms, -1);
	assert_int_equal(w.peak_kb, -1);
	assert_int_equal(w.text_len, 0);
}

static void
test_lastwords_parse_of_bad_values_has_none(void **state)
{
	static const char *const bad[] = {
		"", "-1", "1x", " 1", "+1", "9999999999999999999999"};
	struct lastwords w;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256] = "time=" STAMP "\nexit=1\nran_ms=";

		strcat(text, bad[i]);
		assert_true(parse(&w, text));
		assert_int_equal(w.ran_ms, -1);
	}
	assert_false(parse(&w, "time=" STAMP "\nexit=\nsignal=a b\n"));
	assert_false(parse(&w, "time=" STAMP "\nsignal=ABCDEFGHIJKLMNOP\n"));
	assert_false(parse(&w, "time=yesterday\nexit=1\n"));
	assert_false(parse(&w, "time=" STAMP "x\nexit=1\n"));
	assert_false(parse(&w, "time=" STAMP "\n"));
	assert_false(parse(&w, "\ntime=" STAMP "\nexit=1\n"));
	assert_false(parse(&w, ""));
}

static void
test_lastwords_parse_of_what_oom_says(void **state)
{
	struct lastwords w;

	(void)state;
	assert_true(parse(&w, "time=" STAMP "\nsignal=KILL\noom=1"));
	assert_true(w.was_oom);
	assert_true(parse(&w, "time=" STAMP "\nsignal=KILL\noom=true\n"));
	assert_true(w.was_oom);
	assert_true(parse(&w, "time=" STAMP "\nsignal=KILL\noom=no\n"));
	assert_false(w.was_oom);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_lastwords_parse_of_a_record_takes_all_of_it),
		cmocka_unit_test(
			test_lastwords_parse_of_a_signal_takes_its_name),
		cmocka_unit_test(test_lastwords_parse_of_bad_values_has_none),
		cmocka_unit_test(test_lastwords_parse_of_what_oom_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
