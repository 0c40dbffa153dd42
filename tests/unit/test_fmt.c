#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"

static char text[128];
static struct fmt f;

static const char *
made(void)
{
	assert_int_equal(f.len, strlen(text));
	return text;
}

#define MADE(call)                                                             \
	(memset(text, 'x', sizeof(text)), fmt_init(&f, text, sizeof(text)),    \
		(void)(call), made())

static void
test_fmt_u64_and_i64_of_the_ends_are_whole(void **state)
{
	(void)state;
	assert_string_equal(MADE(fmt_u64(&f, 0)), "0");
	assert_string_equal(MADE(fmt_u64(&f, 9)), "9");
	assert_string_equal(MADE(fmt_u64(&f, 10)), "10");
	assert_string_equal(
		MADE(fmt_u64(&f, UINT64_MAX)), "18446744073709551615");
	assert_string_equal(MADE(fmt_i64(&f, 0)), "0");
	assert_string_equal(MADE(fmt_i64(&f, 1)), "1");
	assert_string_equal(MADE(fmt_i64(&f, -1)), "-1");
	assert_string_equal(
		MADE(fmt_i64(&f, INT64_MIN)), "-9223372036854775808");
	assert_string_equal(
		MADE(fmt_i64(&f, INT64_MAX)), "9223372036854775807");
}

static void
test_fmt_hex_and_padded_fill_with_zeros(void **state)
{
	(void)state;
	assert_string_equal(MADE(fmt_hex(&f, 0xab, 4)), "00ab");
	assert_string_equal(MADE(fmt_hex(&f, 0x12345, 4)), "2345");
	assert_string_equal(MADE(fmt_hex(&f, 0xf0, 1)), "0");
	assert_string_equal(
		MADE(fmt_hex(&f, 0xfedcba9876543210, 15)), "edcba9876543210");
	assert_string_equal(
		MADE(fmt_hex(&f, 0xfedcba9876543210, 16)), "fedcba9876543210");
	assert_string_equal(MADE(fmt_padded(&f, 7, 3)), "007");
	assert_string_equal(MADE(fmt_padded(&f, 1234, 3)), "1234");
	assert_string_equal(
		MADE(fmt_padded(&f, 5, 20)), "00000000000000000005");
	assert_string_equal(
		MADE(fmt_padded(&f, UINT64_MAX, 20)), "18446744073709551615");
}

static void
test_fmt_column_fills_up_to_it(void **state)
{
	(void)state;
	fmt_init(&f, text, sizeof(text));
	fmt_str(&f, "ab");
	fmt_column(&f, 0, 4);
	assert_string_equal(made(), "ab  ");
	fmt_column(&f, 0, 4);
	assert_string_equal(made(), "ab  ");
	fmt_column(&f, 0, 3);
	assert_string_equal(made(), "ab  ");
	fmt_column(&f, 4, 2);
	fmt_char(&f, '|');
	assert_string_equal(made(), "ab    |");
	/* It ends where the text does. */
	fmt_init(&f, text, 4);
	fmt_column(&f, 0, 10);
	assert_string_equal(made(), "   ");
	assert_true(f.is_cut);
}

static void
test_fmt_bytes_beyond_the_room_cuts(void **state)
{
	char small[6];

	(void)state;
	memset(small, 'x', sizeof(small));
	fmt_init(&f, small, 5);
	assert_string_equal(small, "");
	fmt_bytes(&f, NULL, 0);
	fmt_bytes(&f, "abcd", 3);
	fmt_char(&f, 'd');
	assert_string_equal(small, "abcd");
	assert_false(f.is_cut);
	fmt_bytes(&f, "", 0);
	assert_false(f.is_cut);
	fmt_char(&f, 'e');
	assert_true(f.is_cut);
	assert_string_equal(small, "abcd");
	assert_int_equal(f.len, 4);
	assert_int_equal(small[5], 'x');
	fmt_init(&f, small, 5);
	assert_false(f.is_cut);
	assert_int_equal(f.len, 0);
	fmt_str(&f, "abcdefgh");
	assert_string_equal(small, "abcd");
	assert_true(f.is_cut);
	fmt_init(&f, small, 1);
	fmt_str(&f, "a");
	assert_string_equal(small, "");
	assert_true(f.is_cut);
}

/* As the C library writes it, with every size it knows. */
static void
test_fmt_printf_is_as_printf(void **state)
{
	char expected[128];

	(void)state;
#define SAME(...)                                                              \
	snprintf(expected, sizeof(expected), __VA_ARGS__);                     \
	assert_string_equal(MADE(fmt_printf(&f, __VA_ARGS__)), expected)
	SAME("plain");
	SAME("%s|%.*s|%.*s|%s", "one", 2, "two", 9, "six", "");
	SAME("%.*s|%.*s", -1, "all", 0, "none");
	SAME("%c%c%%%c", 'a', 'b', 'c');
	SAME("%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME("%ld %lld %ld", LONG_MIN, LLONG_MIN, LONG_MAX);
	SAME("%u %lu %llu %zu", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	SAME("%x %lx %llx %zx %x", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX,
		0);
	SAME("%d%d%s", 1, 2, "end");
#undef SAME
	errno = ENOENT;
	assert_string_equal(MADE(fmt_printf(&f, "open: %m!")),
		"open: No such file or directory!");
}

/* The compiler knows that these are wrong; the formatter lives with them. */
static void
test_fmt_printf_of_odd_formats_does_no_harm(void **state)
{
	const char *volatile none = NULL;
	const char *volatile lone = "end %";
	const char *volatile other = "%q%d";
	const char *volatile sized = "end %ll";

	(void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	assert_string_equal(MADE(fmt_printf(&f, "%s.", none)), "(null).");
	assert_string_equal(MADE(fmt_printf(&f, "%.*s.", 2, none)), "(null).");
	assert_string_equal(MADE(fmt_printf(&f, lone)), "end ");
	assert_string_equal(MADE(fmt_printf(&f, sized)), "end ");
	assert_string_equal(MADE(fmt_printf(&f, other, 7)), "q7");
#pragma GCC diagnostic pop
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fmt_u64_and_i64_of_the_ends_are_whole),
		cmocka_unit_test(test_fmt_hex_and_padded_fill_with_zeros),
		cmocka_unit_test(test_fmt_column_fills_up_to_it),
		cmocka_unit_test(test_fmt_bytes_beyond_the_room_cuts),
		cmocka_unit_test(test_fmt_printf_is_as_printf),
		cmocka_unit_test(test_fmt_printf_of_odd_formats_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
