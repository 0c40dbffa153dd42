#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "svctl/when.h"

/* 2026-11-23T14:31:05.123456Z */
#define NOW 1795444265123456ll

static void
test_when_parse_of_each_form_gives_the_moment(void **state)
{
	static const struct {
		const char *text, *stamp;
	} rows[] = {
		{"2026-11-23T14:30:00Z", "2026-11-23T14:30:00.000000Z"},
		{"2026-11-23T14:30:00.5Z", "2026-11-23T14:30:00.500000Z"},
		{"2026-11-23T14:30:00.1234569Z", "2026-11-23T14:30:00.123456Z"},
		{"2026-11-23 14:30:07", "2026-11-23T14:30:07.000000Z"},
		{"2026-11-23T14:30", "2026-11-23T14:30:00.000000Z"},
		{"2026-11-23T14:30+01:00", "2026-11-23T13:30:00.000000Z"},
		{"2026-11-23T14:30-0530", "2026-11-23T20:00:00.000000Z"},
		{"2026-11-23T23:59:60Z", "2026-11-24T00:00:00.000000Z"},
		{"2026-11-23", "2026-11-23T00:00:00.000000Z"},
		{"2024-02-29", "2024-02-29T00:00:00.000000Z"},
		{"2000-02-29", "2000-02-29T00:00:00.000000Z"},
		{"2100-03-01", "2100-03-01T00:00:00.000000Z"},
		{"1970-01-01", "1970-01-01T00:00:00.000000Z"},
		{"1970-01-01T00:30+01:00", "1970-01-01T00:00:00.000000Z"},
		{"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z"},
		{"9999-12-31T23:59-01:00", "9999-12-31T23:59:59.999999Z"},
		{"14:30", "2026-11-23T14:30:00.000000Z"},
		{"14:30:05.25", "2026-11-23T14:30:05.250000Z"},
		{"now", "2026-11-23T14:31:05.123456Z"},
		{"today", "2026-11-23T00:00:00.000000Z"},
		{"yesterday", "2026-11-22T00:00:00.000000Z"},
		{"10min ago", "2026-11-23T14:21:05.123456Z"},
		{"-10min", "2026-11-23T14:21:05.123456Z"},
		{"-1h30min", "2026-11-23T13:01:05.123456Z"},
		{"1d ago", "2026-11-22T14:31:05.123456Z"},
		{"0s ago", "2026-11-23T14:31:05.123456Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t us = -7;
		char text[64];
		struct fmt f;

		if (!when_parse(rows[i].text, NOW, &us))
			fail_msg("refused '%s'", rows[i].text);
		fmt_init(&f, text, sizeof(text));
		when_put_stamp(&f, us);
		assert_string_equal(text, rows[i].stamp);
	}
}

static void
test_when_parse_of_bad_texts_refuses(void **state)
{
	static const char *const texts[] = {"", " ", "-", "ago", " ago",
		"10min", "10", "min ago", "10parsec ago", "10minago",
		"infinity ago", "-infinity", "--10min", "-10min ago", "2026",
		"2026-11", "2026-13-01", "2026-00-01", "2026-11-31",
		"2026-11-00", "2023-02-29", "2100-02-29", "1969-12-31",
		"2026-11-23T", "2026-11-23T14", "2026-11-23T24:00",
		"2026-11-23T14:60", "2026-11-23T14:30:61",
		"2026-11-23T14:30:00.", "2026-11-23T14:30:00.Z",
		"2026-11-23T14:30ZZ", "2026-11-23T14:30+1",
		"2026-11-23T14:30+25:00", "2026-11-23T14:30+01:60",
		"2026-11-23Z", "2026-11-23t14:30", "2026-11-23  14:30",
		"20261123", "14", "14:3", "14:30Z", "14:30 ", " 14:30", "24:00",
		"+10min", "Today", "tomorrow", "10000-01-01"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t us;

		if (when_parse(texts[i], NOW, &us))
			fail_msg("accepted '%s'", texts[i]);
	}
}

static void
test_when_parse_near_1970_gives_1970(void **state)
{
	int64_t us;

	(void)state;
	assert_true(when_parse("yesterday", 1000000, &us));
	assert_int_equal(us, 0);
	assert_true(when_parse("-1min", 1000000, &us));
	assert_int_equal(us, 0);
}

static void
test_when_read_stamp_is_of_a_fixed_width(void **state)
{
	static const char good[] = "2026-11-23T14:31:05.123456Z";
	int64_t us = 0;

	(void)state;
	assert_true(when_read_stamp(good, WHEN_STAMP, &us));
	assert_int_equal(us, NOW);
	assert_false(when_read_stamp(good, WHEN_STAMP - 1, &us));
	/* Each of its bytes counts. */
	for (size_t i = 0; i < WHEN_STAMP; i++) {
		char bad[WHEN_STAMP];

		memcpy(bad, good, WHEN_STAMP);
		bad[i] = 'x';
		assert_false(when_read_stamp(bad, WHEN_STAMP, &us));
	}
	assert_false(when_read_stamp("2026-11-23 14:31:05.123456Z", 27, &us));
	assert_false(when_read_stamp("2026-11-23T14:31:05.12345ZZ", 27, &us));
	assert_false(when_read_stamp("2026-02-30T14:31:05.123456Z", 27, &us));
}

static void
test_when_read_compact_reads_names_of_files(void **state)
{
	static const char good[] = "20261123T143105.123456Z.s";
	int64_t us = 0;

	(void)state;
	assert_true(when_read_compact(good, sizeof(good) - 1, &us));
	assert_int_equal(us, NOW);
	assert_false(when_read_compact(good, WHEN_COMPACT - 1, &us));
	for (size_t i = 0; i < WHEN_COMPACT; i++) {
		char bad[WHEN_COMPACT];

		memcpy(bad, good, WHEN_COMPACT);
		bad[i] = 'x';
		assert_false(when_read_compact(bad, WHEN_COMPACT, &us));
	}
	assert_false(when_read_compact("20261123T243105.123456Z", 23, &us));
	assert_false(when_read_compact("20261123T146005.123456Z", 23, &us));
	assert_false(when_read_compact("20261123T143161.123456Z", 23, &us));
}

/* Each day of the calendar, there and back. */
static void
test_when_put_stamp_of_each_day_is_read_as_the_same(void **state)
{
	const int64_t day = 86400000000ll;
	int64_t days = 0;

	(void)state;
	for (int64_t us = 86399999999ll; us <= WHEN_LAST; us += day) {
		char text[64];
		struct fmt f;
		int64_t again;

		fmt_init(&f, text, sizeof(text));
		when_put_stamp(&f, us);
		assert_int_equal(f.len, WHEN_STAMP);
		assert_true(when_read_stamp(text, f.len, &again));
		assert_int_equal(again, us);
		days++;
	}
	assert_int_equal(days, 2932897);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_parse_of_each_form_gives_the_moment),
		cmocka_unit_test(test_when_parse_of_bad_texts_refuses),
		cmocka_unit_test(test_when_parse_near_1970_gives_1970),
		cmocka_unit_test(test_when_read_stamp_is_of_a_fixed_width),
		cmocka_unit_test(test_when_read_compact_reads_names_of_files),
		cmocka_unit_test(
			test_when_put_stamp_of_each_day_is_read_as_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
