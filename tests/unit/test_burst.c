#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "init/burst.h"

static void
test_burst_add_within_the_window_counts(void **state)
{
	struct burst burst = {0};

	(void)state;
	assert_int_equal(burst_add(&burst, 1000, 100), 1);
	assert_int_equal(burst_add(&burst, 1000, 100), 2);
	assert_int_equal(burst_add(&burst, 1100, 100), 3);
	/* The first two are one millisecond too old. */
	assert_int_equal(burst_add(&burst, 1101, 100), 2);
	assert_int_equal(burst.len, 2);
	assert_int_equal(burst.at_ms[0], 1100);
	assert_int_equal(burst.at_ms[1], 1101);
	assert_int_equal(burst_add(&burst, 5000, 100), 1);
}

/* No room: the oldest one goes, whatever the window says. */
static void
test_burst_add_of_more_than_fit_forgets_the_oldest(void **state)
{
	struct burst burst = {0};

	(void)state;
	for (unsigned i = 1; i <= BURST_CAP; i++)
		assert_int_equal(burst_add(&burst, i, 1000), i);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(
			burst_add(&burst, BURST_CAP + i, 1000), BURST_CAP);
		assert_int_equal(burst.at_ms[0], 1 + i);
		assert_int_equal(burst.at_ms[BURST_CAP - 1], BURST_CAP + i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_add_within_the_window_counts),
		cmocka_unit_test(
			test_burst_add_of_more_than_fit_forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
