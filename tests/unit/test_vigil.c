/*
 * When services are looked at, and what comes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/vigil.h"

static const struct vigil_rules rules = {.interval_ms = 30000,
	.timeout_ms = 5000,
	.retries = 3,
	.watchdog_ms = 10000};
static const struct vigil_rules none = {.timeout_ms = 5000, .retries = 1};

static struct vigil v;

static void
test_vigil_of_one_that_starts_looks_less_and_less_often(void **state)
{
	uint64_t now = 1000;
	uint64_t pause = 5;

	(void)state;
	vigil_start(&v, &rules, 0, now);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(vigil_next(&v), now);
		assert_int_equal(vigil_due(&v, now - 1), VIGIL_NOTHING);
		assert_int_equal(vigil_due(&v, now), VIGIL_LOOK);
		assert_int_equal(vigil_due(&v, now), VIGIL_NOTHING);
		assert_int_equal(vigil_next(&v), now + 5000);
		assert_int_equal(vigil_seen(&v, false, now), VIGIL_NOTHING);
		now += pause;
		pause = pause * 2 > 500 ? 500 : pause * 2;
	}
	assert_int_equal(vigil_due(&v, now), VIGIL_LOOK);
	assert_int_equal(vigil_seen(&v, true, now), VIGIL_READY);
	assert_int_equal(vigil_next(&v), 0);
}

static void
test_vigil_of_a_look_without_an_answer_is_late(void **state)
{
	(void)state;
	vigil_start(&v, &rules, 700, 1000);
	assert_int_equal(vigil_due(&v, 1699), VIGIL_NOTHING);
	assert_int_equal(vigil_due(&v, 1700), VIGIL_LOOK);
	assert_int_equal(vigil_due(&v, 6699), VIGIL_NOTHING);
	assert_int_equal(vigil_due(&v, 6700), VIGIL_LATE);
	assert_int_equal(vigil_seen(&v, false, 6700), VIGIL_NOTHING);
	assert_int_equal(vigil_next(&v), 6705);
}

static void
test_vigil_of_failures_in_a_row_is_unhealthy(void **state)
{
	(void)state;
	vigil_up(&v, &rules, 1000);
	vigil_set_watchdog(&v, 0, 1000);
	assert_int_equal(vigil_next(&v), 31000);
	assert_int_equal(vigil_due(&v, 31000), VIGIL_LOOK);
	assert_int_equal(vigil_seen(&v, false, 31001), VIGIL_NOTHING);
	assert_int_equal(vigil_next(&v), 61001);
	assert_int_equal(vigil_due(&v, 61001), VIGIL_LOOK);
	assert_int_equal(vigil_seen(&v, false, 61001), VIGIL_NOTHING);
	/* One that is good makes the others forgotten. */
	vigil_due(&v, 91001);
	assert_int_equal(vigil_seen(&v, true, 91001), VIGIL_NOTHING);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(vigil_seen(&v, false, 91001), VIGIL_NOTHING);
	assert_int_equal(vigil_seen(&v, false, 91001), VIGIL_UNHEALTHY);
}

static void
test_vigil_of_pings_keeps_the_watchdog_quiet(void **state)
{
	(void)state;
	/* Before it is up nobody listens. */
	vigil_start(&v, &rules, 0, 1000);
	vigil_ping(&v, 1000);
	vigil_seen(&v, true, 1000);
	assert_int_equal(vigil_next(&v), 0);
	vigil_up(&v, &rules, 1000);
	assert_int_equal(vigil_next(&v), 11000);
	vigil_ping(&v, 10999);
	assert_int_equal(vigil_due(&v, 11000), VIGIL_NOTHING);
	assert_int_equal(vigil_due(&v, 20998), VIGIL_NOTHING);
	assert_int_equal(vigil_due(&v, 20999), VIGIL_SILENT);
	assert_int_equal(vigil_due(&v, 20999), VIGIL_NOTHING);
	vigil_set_watchdog(&v, 500, 21000);
	assert_int_equal(vigil_next(&v), 21500);
	vigil_set_watchdog(&v, 0, 21000);
	assert_int_equal(vigil_next(&v), 31000);
}

static void
test_vigil_of_one_that_leaves_is_only_its_end(void **state)
{
	(void)state;
	vigil_up(&v, &rules, 1000);
	vigil_leaving(&v, 2000, 5000);
	/* Saying so again gives no more time, nor do pings wake the dog. */
	vigil_leaving(&v, 2000, 6000);
	vigil_ping(&v, 6000);
	assert_int_equal(vigil_next(&v), 7000);
	assert_int_equal(vigil_due(&v, 7000), VIGIL_OVERSTAYED);
	assert_int_equal(vigil_due(&v, 7000), VIGIL_NOTHING);
	vigil_up(&v, &rules, 1000);
	vigil_leaving(&v, 0, 5000);
	assert_int_equal(vigil_next(&v), 0);
	/* One that starts has its start-timeout. */
	vigil_start(&v, &rules, 0, 1000);
	vigil_leaving(&v, 2000, 5000);
	assert_int_equal(vigil_next(&v), 1000);
}

static void
test_vigil_without_rules_never_wakes(void **state)
{
	(void)state;
	vigil_up(&v, &none, 1000);
	assert_int_equal(vigil_next(&v), 0);
	assert_int_equal(vigil_due(&v, UINT64_MAX), VIGIL_NOTHING);
	vigil_wait(&v, &rules);
	assert_int_equal(vigil_next(&v), 0);
	vigil_hurry(&v, 1000);
	assert_int_equal(vigil_next(&v), 0);
}

static void
test_vigil_hurry_of_a_pause_ends_it(void **state)
{
	(void)state;
	vigil_start(&v, &rules, 400, 1000);
	vigil_hurry(&v, 1100);
	assert_int_equal(vigil_next(&v), 1100);
	assert_int_equal(vigil_due(&v, 1100), VIGIL_LOOK);
	/* The look that is under way keeps its time. */
	vigil_hurry(&v, 1200);
	assert_int_equal(vigil_next(&v), 6100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_vigil_of_one_that_starts_looks_less_and_less_often),
		cmocka_unit_test(
			test_vigil_of_a_look_without_an_answer_is_late),
		cmocka_unit_test(test_vigil_of_failures_in_a_row_is_unhealthy),
		cmocka_unit_test(test_vigil_of_pings_keeps_the_watchdog_quiet),
		cmocka_unit_test(test_vigil_of_one_that_leaves_is_only_its_end),
		cmocka_unit_test(test_vigil_without_rules_never_wakes),
		cmocka_unit_test(test_vigil_hurry_of_a_pause_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
