/*
 * Messages of the sd_notify protocol.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/notify_parse.h"

static struct notify n;

static bool
parse(const char *text)
{
	return notify_parse(text, strlen(text), &n);
}

static void
test_notify_parse_of_each_word_sets_it_alone(void **state)
{
	(void)state;
	assert_true(parse("READY=1"));
	assert_true(n.is_ready);
	assert_false(n.is_stopping || n.is_reloading || n.is_ping ||
		     n.is_trigger || n.status || n.main_pid);
	assert_true(n.extend_usec == NOTIFY_NONE &&
		    n.watchdog_usec == NOTIFY_NONE &&
		    n.reload_usec == NOTIFY_NONE);
	assert_true(parse("STOPPING=1\n"));
	assert_true(n.is_stopping && !n.is_ready);
	assert_true(parse("RELOADING=1\nMONOTONIC_USEC=1234"));
	assert_true(n.is_reloading && n.reload_usec == 1234);
	assert_true(parse("WATCHDOG=1"));
	assert_true(n.is_ping && !n.is_trigger);
	assert_true(parse("WATCHDOG=trigger"));
	assert_true(n.is_trigger && !n.is_ping);
	assert_true(parse("MAINPID=77\nEXTEND_TIMEOUT_USEC=5\n"
			  "WATCHDOG_USEC=0"));
	assert_int_equal(n.main_pid, 77);
	assert_true(n.extend_usec == 5 && n.watchdog_usec == 0);
}

static void
test_notify_parse_of_several_lines_takes_the_last_value(void **state)
{
	(void)state;
	assert_true(parse("FDSTORE=1\nERRNO=2\nX\n=\n\nSTATUS=a=b\n"
			  "STATUS=last\nREADY=1\nBARRIER=1"));
	assert_true(n.is_ready);
	assert_int_equal(n.status_len, 4);
	assert_memory_equal(n.status, "last", 4);
	assert_true(parse("STATUS="));
	assert_int_equal(n.status_len, 0);
}

static void
test_notify_parse_of_bad_values_leaves_them_out(void **state)
{
	static const char *const bad[] = {"READY=0", "READY=11",
		"READY=", "STOPPING=yes", "WATCHDOG=2", "MAINPID=-1",
		"MAINPID=99999999999", "MAINPID=2147483648", "MAINPID=1x",
		"EXTEND_TIMEOUT_USEC=99999999999999999999", "WATCHDOG_USEC= 1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(parse(bad[i]));
		if (n.is_ready || n.is_stopping || n.is_ping || n.is_trigger ||
			n.main_pid != 0 || n.extend_usec != NOTIFY_NONE ||
			n.watchdog_usec != NOTIFY_NONE)
			fail_msg("%s", bad[i]);
	}
}

static void
test_notify_parse_of_no_message_is_false(void **state)
{
	static char large[NOTIFY_BYTES + 1];

	(void)state;
	assert_false(parse(""));
	assert_false(parse("\n\n"));
	assert_false(parse("ready=1"));
	assert_false(parse("FDSTORE=1"));
	assert_false(parse("READYX=1\nREAD=1"));
	assert_false(notify_parse("READY=1\0STATUS=x", 16, &n));
	/* Some count the NUL at its end. */
	assert_true(notify_parse("READY=1\0", 8, &n));
	memset(large, 'x', sizeof(large));
	memcpy(large, "READY=1\n", 8);
	assert_true(notify_parse(large, NOTIFY_BYTES, &n));
	assert_false(notify_parse(large, NOTIFY_BYTES + 1, &n));
}

static void
test_notify_clean_of_any_text_is_one_line(void **state)
{
	char out[8];

	(void)state;
	notify_clean(out, sizeof(out), "a\tb\033[", 5);
	assert_string_equal(out, "a b [");
	notify_clean(out, sizeof(out), "1234567", 7);
	assert_string_equal(out, "1234567");
	notify_clean(out, sizeof(out), "12345678", 8);
	assert_string_equal(out, "1234567");
	/* Two bytes each: the one that does not fit goes as a whole. */
	notify_clean(out, sizeof(out), "\303\244\303\266\303\274\303\237", 8);
	assert_string_equal(out, "\303\244\303\266\303\274");
	notify_clean(out, sizeof(out), "\200\200\200\200\200\200\200\200", 8);
	assert_string_equal(out, "");
	notify_clean(out, sizeof(out), "", 0);
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify_parse_of_each_word_sets_it_alone),
		cmocka_unit_test(
			test_notify_parse_of_several_lines_takes_the_last_value),
		cmocka_unit_test(
			test_notify_parse_of_bad_values_leaves_them_out),
		cmocka_unit_test(test_notify_parse_of_no_message_is_false),
		cmocka_unit_test(test_notify_clean_of_any_text_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
