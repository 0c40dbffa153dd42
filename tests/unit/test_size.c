#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "lib/size.h"

static void
test_size_parse_of_good_texts_gives_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{"1", 1},
		{"0", 0},
		{"007", 7},
		{"64K", 65536},
		{"64KB", 65536},
		{"10M", 10485760},
		{"1G", 1073741824},
		{"2T", UINT64_C(2199023255552)},
		{"infinity", 0},
		{"8388607T", UINT64_C(8388607) << 40},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = 12345;

		if (!size_parse(rows[i].text, strlen(rows[i].text), &bytes))
			fail_msg("refused '%s'", rows[i].text);
		assert_int_equal(bytes, rows[i].bytes);
	}
}

static void
test_size_parse_of_bad_texts_refuses(void **state)
{
	static const char *const texts[] = {"", " ", "K", "B", "1 K", "1k",
		"1KiB", "1B", "1KK", "1E", "-1", "+1", "1.5M", "0x10",
		"infinit", "infinity ", "8388608T", "9999999999999999999",
		"99999999999999999999K", "Infinity"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint64_t bytes;

		if (size_parse(texts[i], strlen(texts[i]), &bytes))
			fail_msg("took '%s'", texts[i]);
	}
}

static void
test_size_format_takes_the_largest_unit_that_divides(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "infinity"},
		{1, "1"},
		{1023, "1023"},
		{1024, "1K"},
		{1536, "1536"},
		{65536, "64K"},
		{1 << 20, "1M"},
		{UINT64_C(1) << 40, "1T"},
		{UINT64_C(1) << 50, "1024T"},
	};
	char text[32];
	struct fmt f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fmt_init(&f, text, sizeof(text));
		size_format(&f, rows[i].bytes);
		assert_string_equal(text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_parse_of_good_texts_gives_bytes),
		cmocka_unit_test(test_size_parse_of_bad_texts_refuses),
		cmocka_unit_test(
			test_size_format_takes_the_largest_unit_that_divides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
