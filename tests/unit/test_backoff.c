#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/backoff.h"

static const uint32_t list[] = {0, 200, 1000, 30000};

static void
test_backoff_delay_ms_of_each_failure_takes_its_entry(void **state)
{
	static const uint32_t wanted[] = {0, 200, 1000, 30000, 30000, 30000};

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		uint64_t delay = backoff_delay_ms(list, 4, i, 12345 + i);

		assert_true(delay >= wanted[i]);
		assert_true(delay <= wanted[i] + wanted[i] / 10);
	}
	assert_true(backoff_delay_ms(list, 4, UINT32_MAX, 1) >= 30000);
	assert_true(backoff_delay_ms(list, 1, 7, 1) == 0);
}

static void
test_backoff_delay_ms_of_other_seeds_spreads(void **state)
{
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		uint64_t delay = backoff_delay_ms(list, 4, 3, seed);

		assert_true(delay == backoff_delay_ms(list, 4, 3, seed));
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
	}
	assert_in_range(least, 30000, 30100);
	assert_in_range(most, 32900, 33000);
}

/* splitmix64 as its authors publish it: 0 gives e220a8397b1dcdaf. */
static void
test_backoff_delay_ms_of_known_seeds_is_known(void **state)
{
	static const struct {
		uint64_t seed;
		uint32_t part; /* thousandths of the delay */
	} rows[] = {
		{0x0u, 67},
		{0x1u, 15},
		{0x2u, 43},
		{0x3u, 50},
		{0x4u, 84},
		{0x5u, 71},
		{0x6u, 47},
		{0x7u, 27},
		{0x100000000u, 71},
		{0x8000000000000000u, 54},
		{0xffffffffffffffffu, 82},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(backoff_delay_ms(list, 4, 3, rows[i].seed),
			30000 + 30 * rows[i].part);
}

static void
test_backoff_delay_ms_of_the_longest_does_not_wrap(void **state)
{
	static const uint32_t longest[] = {UINT32_MAX};

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++)
		assert_in_range(backoff_delay_ms(longest, 1, 0, seed),
			UINT32_MAX, (uint64_t)UINT32_MAX * 11 / 10);
}

/* H14 */
static void
test_backoff_count_beyond_the_limit_refuses(void **state)
{
	uint16_t used = 0;
	uint64_t from = 0;

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		assert_true(backoff_count(&used, &from, 5, 10000, 100 + i));
	assert_false(backoff_count(&used, &from, 5, 10000, 10099));
	assert_false(backoff_count(&used, &from, 5, 10000, 10099));
	assert_int_equal(used, 5);
	/* The window, counted from the first, is over. */
	assert_true(backoff_count(&used, &from, 5, 10000, 10100));
	assert_int_equal(used, 1);
	assert_int_equal(from, 10100);
}

static void
test_backoff_count_without_limit_counts_nothing(void **state)
{
	uint16_t used = 0;
	uint64_t from = 0;

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_true(backoff_count(&used, &from, 0, 10000, 100));
	assert_int_equal(used, 0);
}

/* A window without an end: the limit is for good. */
static void
test_backoff_count_without_window_never_forgets(void **state)
{
	uint16_t used = 0;
	uint64_t from = 0;

	(void)state;
	assert_true(backoff_count(&used, &from, 1, 0, 1));
	assert_false(backoff_count(&used, &from, 1, 0, UINT64_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_backoff_delay_ms_of_each_failure_takes_its_entry),
		cmocka_unit_test(test_backoff_delay_ms_of_other_seeds_spreads),
		cmocka_unit_test(test_backoff_delay_ms_of_known_seeds_is_known),
		cmocka_unit_test(
			test_backoff_delay_ms_of_the_longest_does_not_wrap),
		cmocka_unit_test(test_backoff_count_beyond_the_limit_refuses),
		cmocka_unit_test(
			test_backoff_count_without_limit_counts_nothing),
		cmocka_unit_test(
			test_backoff_count_without_window_never_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
