#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/schedule_due.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* 2026-11-24 00:00 UTC. */
#define TODAY (1795478400 * SECOND)

static struct calendar at_3;
static struct calendar nothing;

static int32_t
utc(void *context, int64_t moment)
{
	(void)context;
	(void)moment;
	return 0;
}

/* At 12:00, after an hour of uptime, in which nothing ran. */
static struct schedule_facts
facts(void)
{
	size_t bad;

	at_3.count = 0;
	assert_true(calendar_parse(&at_3, "03:00", &bad));
	return (struct schedule_facts){.at = &nothing,
		.real_ms = TODAY + 12 * HOUR,
		.boot_ms = 2 * HOUR,
		.armed_boot_ms = HOUR,
		.zone = utc};
}

static void
test_schedule_due_by_interval(void **state)
{
	struct schedule_facts f = facts();

	(void)state;
	f.every_ms = 10 * MINUTE;
	/* Never run: since it was armed. */
	assert_int_equal(schedule_due(&f), TODAY + 11 * HOUR);
	/* In this time: the clock does not count. */
	f.last_boot_ms = f.boot_ms - MINUTE;
	f.last_ms = 12345;
	assert_int_equal(schedule_due(&f), f.real_ms + 9 * MINUTE);
	/* Before it. */
	f.last_boot_ms = 0;
	f.last_ms = f.real_ms - 3 * MINUTE;
	assert_int_equal(schedule_due(&f), f.real_ms + 7 * MINUTE);
	f.last_ms = f.real_ms - 3 * DAY;
	assert_true(schedule_due(&f) < f.real_ms);
	/* In the future: from when it was armed. */
	f.every_ms = 2 * HOUR;
	f.last_ms = f.real_ms + MINUTE;
	assert_int_equal(schedule_due(&f), f.real_ms + HOUR);
}

static void
test_schedule_due_by_calendar(void **state)
{
	struct schedule_facts f = facts();

	(void)state;
	f.at = &at_3;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
	/* It ran today. */
	f.last_ms = TODAY + 3 * HOUR + 5;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
	/* It ran yesterday, and was missed since. */
	f.last_ms -= DAY;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
	f.catch_up = true;
	assert_int_equal(schedule_due(&f), TODAY + 3 * HOUR);
	/* A little late is not missed. */
	f.catch_up = false;
	f.real_ms = TODAY + 3 * HOUR + SCHEDULE_LATE_MS - 1;
	assert_int_equal(schedule_due(&f), TODAY + 3 * HOUR);
	f.real_ms = TODAY + 3 * HOUR + SCHEDULE_LATE_MS + 1;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
}

static void
test_schedule_due_after_the_clock_was_put_back(void **state)
{
	struct schedule_facts f = facts();

	(void)state;
	f.at = &at_3;
	f.catch_up = true;
	f.last_ms = TODAY + 3 * HOUR;
	/* Not twice. */
	f.real_ms = TODAY + 2 * HOUR;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
	/* It was wrong by far. */
	f.last_ms = TODAY + 400 * DAY;
	assert_int_equal(schedule_due(&f), TODAY + 3 * HOUR);
	/* Without a clock of its own it begins in 1970, and is then set. */
	f.last_ms = TODAY - DAY + 3 * HOUR;
	f.real_ms = 5 * SECOND;
	assert_int_equal(schedule_due(&f), 3 * HOUR);
	f.real_ms = TODAY + 12 * HOUR;
	assert_int_equal(schedule_due(&f), TODAY + 3 * HOUR);
}

static void
test_schedule_due_with_a_delay_is_always_the_same(void **state)
{
	struct schedule_facts f = facts();
	int64_t first, least = INT64_MAX, most = 0;

	(void)state;
	f.at = &at_3;
	f.random_delay_ms = HOUR;
	first = schedule_due(&f);
	assert_in_range(first - TODAY - DAY, 3 * HOUR, 4 * HOUR);
	f.real_ms = TODAY + 13 * HOUR;
	assert_int_equal(schedule_due(&f), first);
	/* Still to come when its time has passed, and only once. */
	f.real_ms = first - SECOND;
	f.last_ms = TODAY + 3 * HOUR;
	assert_int_equal(schedule_due(&f), first);
	f.last_ms = first;
	f.real_ms = first;
	assert_true(schedule_due(&f) > first + 20 * HOUR);
	f = facts();
	f.at = &at_3;
	f.random_delay_ms = HOUR;
	for (f.seed = 0; f.seed < 1000; f.seed++) {
		int64_t delay = schedule_due(&f) - TODAY - DAY - 3 * HOUR;

		assert_in_range(delay, 0, HOUR);
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
	}
	assert_true(least < MINUTE && most > HOUR - MINUTE);
	/* More than the time between two. */
	assert_true(calendar_parse(&at_3, "hourly", &(size_t){0}));
	f.random_delay_ms = 3 * HOUR;
	f.last_ms = f.real_ms;
	assert_in_range(schedule_due(&f) - f.real_ms, HOUR, 4 * HOUR);
}

/* The last of them is possible, also of a few. */
static void
test_schedule_due_with_a_short_delay_takes_each(void **state)
{
	struct schedule_facts f = facts();
	unsigned seen[3] = {0};

	(void)state;
	f.at = &at_3;
	for (f.random_delay_ms = 1; f.random_delay_ms <= 2; f.random_delay_ms++)
		for (f.seed = 0; f.seed < 100; f.seed++) {
			int64_t delay =
				schedule_due(&f) - TODAY - DAY - 3 * HOUR;

			assert_in_range(delay, 0, f.random_delay_ms);
			seen[delay]++;
		}
	assert_true(seen[0] > 50 && seen[1] > 50 && seen[2] > 20);
}

/* A new version must not run once more what the one before ran earlier. */
static void
test_schedule_due_with_a_delay_is_that_of_other_versions(void **state)
{
	struct schedule_facts f = facts();

	(void)state;
	f.at = &at_3;
	f.random_delay_ms = HOUR;
	f.seed = 42;
	assert_int_equal(schedule_due(&f) - TODAY - DAY - 3 * HOUR, 2714774);
	f.seed = UINT64_MAX;
	assert_int_equal(schedule_due(&f) - TODAY - DAY - 3 * HOUR, 3439925);
}

static void
test_schedule_due_of_both_is_the_earlier(void **state)
{
	struct schedule_facts f = facts();

	(void)state;
	f.at = &at_3;
	f.every_ms = 20 * HOUR;
	f.last_ms = f.real_ms;
	f.last_boot_ms = f.boot_ms;
	assert_int_equal(schedule_due(&f), TODAY + DAY + 3 * HOUR);
	f.every_ms = HOUR;
	assert_int_equal(schedule_due(&f), f.real_ms + HOUR);
	f.every_ms = 0;
	f.at = &nothing;
	assert_int_equal(schedule_due(&f), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedule_due_by_interval),
		cmocka_unit_test(test_schedule_due_by_calendar),
		cmocka_unit_test(
			test_schedule_due_after_the_clock_was_put_back),
		cmocka_unit_test(
			test_schedule_due_with_a_delay_is_always_the_same),
		cmocka_unit_test(
			test_schedule_due_with_a_short_delay_takes_each),
		cmocka_unit_test(
			test_schedule_due_with_a_delay_is_that_of_other_versions),
		cmocka_unit_test(test_schedule_due_of_both_is_the_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
