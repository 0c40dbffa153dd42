#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/timers.h"

#define IDS 200u

static uint32_t heap[IDS];
static uint32_t place[IDS];
static uint64_t deadline[IDS];
static struct timers timers = {
	.heap = heap, .place = place, .deadline = deadline};

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void
test_timers_of_nothing_has_none(void **state)
{
	(void)state;
	timers_init(&timers, IDS);
	assert_int_equal(timers_next(&timers), 0);
	assert_int_equal(timers_pop(&timers, UINT64_MAX), TIMERS_NONE);
	timers_set(&timers, 3, 0);
	assert_int_equal(timers_next(&timers), 0);
}

static void
test_timers_pop_gives_what_is_due_and_no_more(void **state)
{
	(void)state;
	timers_init(&timers, IDS);
	timers_set(&timers, 1, 30);
	timers_set(&timers, 2, 10);
	timers_set(&timers, 3, 20);
	timers_set(&timers, 3, 40);
	assert_int_equal(timers_pop(&timers, 9), TIMERS_NONE);
	assert_int_equal(timers_pop(&timers, 35), 2);
	assert_int_equal(timers_pop(&timers, 35), 1);
	assert_int_equal(timers_pop(&timers, 35), TIMERS_NONE);
	assert_int_equal(timers_next(&timers), 40);
}

static uint64_t
naive_next(const uint64_t *armed)
{
	uint64_t next = 0;

	for (uint32_t id = 0; id < IDS; id++)
		if (armed[id] != 0 && (next == 0 || armed[id] < next))
			next = armed[id];
	return next;
}

static void
test_timers_of_random_use_agrees_with_a_list(void **state)
{
	static uint64_t armed[IDS];
	uint64_t now = 1;

	(void)state;
	seed = 7;
	timers_init(&timers, IDS);
	for (int i = 0; i < 20000; i++) {
		uint32_t id = below(IDS);

		if (below(3) != 0) {
			/* Few values, so that many are the same. */
			armed[id] = below(4) == 0 ? 0 : now + below(50);
			timers_set(&timers, id, armed[id]);
		} else {
			now += below(5);
			id = timers_pop(&timers, now);
			if (id == TIMERS_NONE) {
				assert_true(naive_next(armed) == 0 ||
					    naive_next(armed) > now);
			} else {
				assert_true(id < IDS);
				assert_true(armed[id] == naive_next(armed));
				assert_true(armed[id] <= now);
				armed[id] = 0;
			}
		}
		assert_true(timers_next(&timers) == naive_next(armed));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_of_nothing_has_none),
		cmocka_unit_test(test_timers_pop_gives_what_is_due_and_no_more),
		cmocka_unit_test(test_timers_of_random_use_agrees_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
