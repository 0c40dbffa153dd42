#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/duration.h"
#include "lib/fmt.h"

static void
test_duration_parse_of_good_texts_gives_milliseconds(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} rows[] = {
		{"500ms", 500},
		{"10s", 10000},
		{"2min", 120000},
		{"1h", 3600000},
		{"1d", 86400000},
		{"1min30s", 90000},
		{"1h2min3s4ms", 3723004},
		{"5", 5000},
		{"0.2", 200},
		{"1.5", 1500},
		{"1.5s", 1500},
		{"0.0001", 1}, /* not rounded to "no limit" */
		{"0.0005s", 1},
		{"0.2000", 200},
		{"0.2001", 201},
		{"0", DURATION_NONE},
		{"0s", DURATION_NONE},
		{"0.0", DURATION_NONE},
		{"infinity", DURATION_NONE},
		{"46d", 3974400000u},
		{"4000000000ms", 4000000000u},
		{"4000000", 4000000000u},
		{"0000000000000000000001", 1000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t ms = 12345;

		if (!duration_parse(rows[i].text, strlen(rows[i].text), &ms))
			fail_msg("refused '%s'", rows[i].text);
		if (ms != rows[i].ms)
			fail_msg("'%s' is %u", rows[i].text, ms);
	}
}

static void
test_duration_parse_of_bad_texts_refuses(void **state)
{
	static const char *const texts[] = {"", " ", "s", "10 s", " 10s",
		"10s ", "-1", "+1", "1.", ".5", "1..2", "1.5min", "1.5ms",
		"10x", "10S", "10sec", "1m", "1min30", "30 1min", "1e3", "0x10",
		"inf", "infinite", "infinitx", "Infinity", "infinitys", "1,5",
		"4000001", "4000000001ms", "99999999999999999999999", "47d",
		"1d1000h1000h", "10s\n", "1min 30s"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint32_t ms;

		if (duration_parse(texts[i], strlen(texts[i]), &ms))
			fail_msg("accepted '%s'", texts[i]);
	}
}

static void
test_duration_parse_reads_no_further_than_len(void **state)
{
	uint32_t ms;

	(void)state;
	assert_true(duration_parse("10s", 2, &ms));
	assert_int_equal(ms, 10000);
	assert_false(duration_parse("10\0s", 4, &ms));
	assert_true(duration_parse("105", 2, &ms));
	assert_int_equal(ms, 10000);
	assert_true(duration_parse("1.55", 3, &ms));
	assert_int_equal(ms, 1500);
	assert_true(duration_parse("1msx", 3, &ms));
	assert_int_equal(ms, 1);
	assert_false(duration_parse("1min", 2, &ms));
}

static void
test_duration_format_of_each_magnitude_is_short(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {
		{0, "0 ms"},
		{340, "340 ms"},
		{999, "999 ms"},
		{1000, "1 s"},
		{2099, "2 s"},
		{2100, "2.1 s"},
		{59999, "59.9 s"},
		{60000, "1 min"},
		{184000, "3 min 4 s"},
		{3599999, "59 min 59 s"},
		{3600000, "1 h"},
		{7380000, "2 h 3 min"},
		{86399999, "23 h 59 min"},
		{86400000, "1 d"},
		{349200000, "4 d 1 h"},
		{86400000ull * 100000, "100000 d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		struct fmt f;

		fmt_init(&f, text, sizeof(text));
		duration_format(&f, rows[i].ms);
		assert_string_equal(text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_duration_parse_of_good_texts_gives_milliseconds),
		cmocka_unit_test(test_duration_parse_of_bad_texts_refuses),
		cmocka_unit_test(test_duration_parse_reads_no_further_than_len),
		cmocka_unit_test(
			test_duration_format_of_each_magnitude_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
