#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/calendar.h"

#define HOUR 3600
#define DAY  86400

/* A zone that changes once, at a moment. */
struct zone {
	int64_t at;
	int32_t before;
	int32_t after;
};

static int32_t
zone_of(void *context, int64_t utc)
{
	const struct zone *zone = context;

	return utc < zone->at ? zone->before : zone->after;
}

static struct zone utc = {0, 0, 0};
/* Berlin in 2026: 29 March 01:00 and 25 October 01:00 UTC. */
static struct zone spring = {1774746000, HOUR, 2 * HOUR};
static struct zone autumn = {1792890000, 2 * HOUR, HOUR};

static struct calendar
parse(const char *text)
{
	struct calendar c = {.count = 0};
	size_t bad = 0;

	if (!calendar_parse(&c, text, &bad))
		fail_msg("refused '%s' at %zu", text, bad);
	return c;
}

/* "2026-03-29 01:00:00" of UTC. */
static int64_t
moment(const char *text)
{
	struct tm tm = {0};

	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	assert_non_null(end);
	assert_string_equal(end, "");
	return timegm(&tm);
}

static void
check(struct zone *zone, const char *spec, const char *after, const char *next)
{
	struct calendar c = parse(spec);
	int64_t is = calendar_next(&c, moment(after), zone_of, zone);

	if (is != moment(next))
		fail_msg("%s after %s: %lld, want %lld (%s)", spec, after,
			(long long)is, (long long)moment(next), next);
}

static void
test_calendar_next_of_each_form(void **state)
{
	(void)state;
	check(&utc, "hourly", "2026-11-23 16:30:00", "2026-11-23 17:00:00");
	check(&utc, "hourly", "2026-11-23 17:00:00", "2026-11-23 18:00:00");
	check(&utc, "daily", "2026-11-23 16:30:00", "2026-11-24 00:00:00");
	check(&utc, "daily", "2026-12-31 23:59:59", "2027-01-01 00:00:00");
	/* A Monday. */
	check(&utc, "weekly", "2026-11-23 00:00:00", "2026-11-30 00:00:00");
	check(&utc, "weekly", "2026-11-22 23:59:59", "2026-11-23 00:00:00");
	check(&utc, "monthly", "2026-11-01 00:00:00", "2026-12-01 00:00:00");
	check(&utc, "monthly", "2028-02-01 00:00:01", "2028-03-01 00:00:00");
	check(&utc, "monthly", "2026-12-31 23:59:59", "2027-01-01 00:00:00");
	check(&utc, "03:10", "2026-11-23 03:09:59", "2026-11-23 03:10:00");
	check(&utc, "3:10", "2026-11-23 03:10:00", "2026-11-24 03:10:00");
	check(&utc, "03:10:30", "2026-11-23 03:10:00", "2026-11-23 03:10:30");
	check(&utc, "Sun 03:10", "2026-11-23 16:30:00", "2026-11-29 03:10:00");
	check(&utc, "*:15", "2026-11-23 16:30:00", "2026-11-23 17:15:00");
	check(&utc, "Tue *:15", "2026-11-23 23:30:00", "2026-11-24 00:15:00");
	check(&utc, "Mon-Fri 09:00", "2026-11-27 09:00:00",
		"2026-11-30 09:00:00");
	check(&utc, "Fri-Mon 9:00", "2026-11-28 09:00:00",
		"2026-11-29 09:00:00");
	check(&utc, "fri-MONDAY 9:00", "2026-11-30 09:00:00",
		"2026-12-04 09:00:00");
	check(&utc, "Mon,Wed 9:00", "2026-11-23 09:00:00",
		"2026-11-25 09:00:00");
	check(&utc, "Mon Wed 9:00 17:00", "2026-11-25 09:00:00",
		"2026-11-25 17:00:00");
	check(&utc, "Mon 9:00, 17:00", "2026-11-23 09:00:00",
		"2026-11-23 17:00:00");
	check(&utc, "Mon 9:00, 17:00", "2026-11-23 17:00:00",
		"2026-11-24 17:00:00");
	check(&utc, "Mon 9:00 Sat 12:00", "2026-11-23 09:00:00",
		"2026-11-28 12:00:00");
	check(&utc, "Sun 9:00 monthly", "2026-11-29 09:00:00",
		"2026-12-01 00:00:00");
	check(&utc, "daily 12:00", "2026-11-29 09:00:00",
		"2026-11-29 12:00:00");
	check(&utc, "Mon 9:00, Tue 10:00", "2026-11-23 09:00:00",
		"2026-11-24 10:00:00");
	/* Before 1970 weeks and months go on as well. */
	check(&utc, "weekly", "1969-12-31 00:00:00", "1970-01-05 00:00:00");
	check(&utc, "monthly", "1899-12-31 00:00:00", "1900-01-01 00:00:00");
	check(&utc, "monthly", "1900-02-28 00:00:00", "1900-03-01 00:00:00");
}

static void
test_calendar_next_of_each_month_of_800_years(void **state)
{
	struct calendar c = parse("monthly");
	int64_t at = moment("1599-12-31 12:00:00");

	(void)state;
	for (int month = 0; month < 800 * 12; month++) {
		struct tm tm = {.tm_year = 1600 - 1900 + month / 12,
			.tm_mon = month % 12,
			.tm_mday = 1};

		at = calendar_next(&c, at, zone_of, &utc);
		assert_int_equal(at, timegm(&tm));
	}
}

static void
test_calendar_next_where_the_clock_jumps_is_the_jump(void **state)
{
	(void)state;
	/* 02:30 is missing on 29 March. */
	check(&spring, "02:30", "2026-03-28 01:30:00", "2026-03-29 01:00:00");
	check(&spring, "02:30", "2026-03-29 01:00:00", "2026-03-30 00:30:00");
	check(&spring, "02:00", "2026-03-29 00:00:00", "2026-03-29 01:00:00");
	check(&spring, "03:00", "2026-03-29 00:00:00", "2026-03-29 01:00:00");
	check(&spring, "01:59:59", "2026-03-29 00:00:00",
		"2026-03-29 00:59:59");
	check(&spring, "hourly", "2026-03-29 00:00:00", "2026-03-29 01:00:00");
	check(&spring, "hourly", "2026-03-29 01:00:00", "2026-03-29 02:00:00");
	check(&spring, "*:30", "2026-03-29 00:30:00", "2026-03-29 01:00:00");
	check(&spring, "*:30", "2026-03-29 01:00:00", "2026-03-29 01:30:00");
	check(&spring, "daily", "2026-03-28 23:00:00", "2026-03-29 22:00:00");
}

static void
test_calendar_next_where_the_clock_is_put_back_is_the_first_time(void **state)
{
	(void)state;
	/* 02:30 comes at 00:30 and at 01:30. */
	check(&autumn, "02:30", "2026-10-24 23:00:00", "2026-10-25 00:30:00");
	check(&autumn, "02:30", "2026-10-25 00:30:00", "2026-10-26 01:30:00");
	check(&autumn, "02:00", "2026-10-24 23:00:00", "2026-10-25 00:00:00");
	check(&autumn, "03:00", "2026-10-25 00:30:00", "2026-10-25 02:00:00");
	/* Each hour that passes. */
	check(&autumn, "hourly", "2026-10-25 00:00:00", "2026-10-25 01:00:00");
	check(&autumn, "*:30", "2026-10-25 00:30:00", "2026-10-25 01:30:00");
	check(&autumn, "*:30", "2026-10-25 01:30:00", "2026-10-25 02:30:00");
}

static void
test_calendar_next_out_of_reach_is_never(void **state)
{
	struct calendar c = parse("daily");
	struct calendar empty = {.count = 0};

	(void)state;
	assert_int_equal(
		calendar_next(&empty, 0, zone_of, &utc), CALENDAR_NEVER);
	assert_int_equal(
		calendar_next(&c, INT64_MAX, zone_of, &utc), CALENDAR_NEVER);
	assert_int_equal(
		calendar_next(&c, INT64_MIN, zone_of, &utc), CALENDAR_NEVER);
	assert_int_equal(calendar_next(&c, -DAY - 1, zone_of, &utc), -DAY);
}

static void
test_calendar_parse_of_bad_texts_says_where(void **state)
{
	static const struct {
		const char *text;
		size_t bad;
	} rows[] = {{"", 0}, {" , ", 3}, {"often", 0}, {"24:00", 0},
		{"12:60", 0}, {"12:5", 0}, {"12:05:60", 0}, {"123:00", 0},
		{"12", 0}, {":30", 0}, {"*", 0}, {"**:30", 0}, {"*:*", 0},
		{"Sun", 3}, {"Sun,", 4}, {"03:10 Sun", 9}, {"Su 03:10", 0},
		{"Sunda 03:10", 0}, {"Sun-Xyz 03:10", 0}, {"Sun- 03:10", 0},
		{"Sun daily", 4}, {"03:10 never", 6}, {"dailyx", 0},
		{"-1:00", 0}, {"03:10x", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct calendar c = {.count = 0};
		size_t bad = 99;

		if (calendar_parse(&c, rows[i].text, &bad))
			fail_msg("took '%s'", rows[i].text);
		if (bad != rows[i].bad)
			fail_msg("'%s': at %zu, want %zu", rows[i].text, bad,
				rows[i].bad);
	}
}

static void
test_calendar_parse_adds_until_it_is_full(void **state)
{
	struct calendar c = {.count = 0};
	size_t bad = 0;

	(void)state;
	for (unsigned i = 0; i < CALENDAR_MAX; i++)
		assert_true(calendar_parse(&c, "daily", &bad));
	assert_false(calendar_parse(&c, "03:10", &bad));
	assert_false(calendar_parse(&c, "hourly", &bad));
	assert_int_equal(c.count, CALENDAR_MAX);
}

/* --- against a slow one that looks at each quarter of an hour --------------
 */

#define STEP 900

static bool
shows(const struct calendar_time *time, int64_t local)
{
	time_t seconds = local;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return (time->days >> tm.tm_wday & 1) != 0 &&
	       (!time->is_first || tm.tm_mday == 1) &&
	       (time->hour < 0 || time->hour == tm.tm_hour) &&
	       time->minute == tm.tm_min && time->second == tm.tm_sec;
}

static bool
is_due(const struct calendar_time *time, struct zone *zone, int64_t t)
{
	int64_t local = t + zone_of(zone, t);
	/* What the clock would show without a jump. */
	int64_t expected = t + zone_of(zone, t - 1);

	for (int64_t missing = expected; missing < local; missing += STEP)
		if (shows(time, missing))
			return true;
	if (!shows(time, local))
		return false;
	for (int64_t old = t - STEP; old >= t - DAY; old -= STEP)
		if (old + zone_of(zone, old) == local)
			return time->hour < 0;
	return true;
}

static int64_t
slow_next(const struct calendar *c, int64_t after, struct zone *zone)
{
	int64_t t = after - after % STEP;

	for (t += STEP; t < after + 40 * DAY; t += STEP)
		for (unsigned i = 0; i < c->count; i++)
			if (is_due(&c->time[i], zone, t))
				return t;
	return CALENDAR_NEVER;
}

static uint32_t seed;

static uint32_t
pick(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static struct calendar_time
pick_time(void)
{
	struct calendar_time time = {.days = 0x7f};

	if (pick(3) == 0)
		time.days = (uint8_t)(1 + pick(0x7f));
	else if (pick(6) == 0)
		time.is_first = true;
	time.hour = (int8_t)(pick(4) == 0 ? -1 : (int)pick(24));
	/* Near the jump, mostly. */
	if (time.hour > 0 && pick(2) == 0)
		time.hour = (int8_t)(1 + pick(4));
	time.minute = (uint8_t)(15 * pick(4));
	return time;
}

static void
test_calendar_next_is_what_a_slow_one_finds(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 3000; round++) {
		struct calendar c = {.count = 0};
		struct zone zone;
		int64_t after, quick, slow;

		seed = round;
		pick(2);
		zone.at = 1790000000 - 1790000000 % DAY +
			  (int64_t)STEP * pick(40 * DAY / STEP);
		zone.before = STEP * ((int)pick(96) - 40);
		zone.after = zone.before + STEP * ((int)pick(17) - 8);
		c.count = 1 + pick(3);
		for (unsigned i = 0; i < c.count; i++)
			c.time[i] = pick_time();
		after = zone.at + (int)pick(6 * DAY) - 3 * DAY;
		quick = calendar_next(&c, after, zone_of, &zone);
		slow = slow_next(&c, after, &zone);
		if (quick != slow)
			fail_msg("round %u: %lld, but %lld", round,
				(long long)quick, (long long)slow);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar_next_of_each_form),
		cmocka_unit_test(test_calendar_next_of_each_month_of_800_years),
		cmocka_unit_test(
			test_calendar_next_where_the_clock_jumps_is_the_jump),
		cmocka_unit_test(
			test_calendar_next_where_the_clock_is_put_back_is_the_first_time),
		cmocka_unit_test(test_calendar_next_out_of_reach_is_never),
		cmocka_unit_test(test_calendar_parse_of_bad_texts_says_where),
		cmocka_unit_test(test_calendar_parse_adds_until_it_is_full),
		cmocka_unit_test(test_calendar_next_is_what_a_slow_one_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
