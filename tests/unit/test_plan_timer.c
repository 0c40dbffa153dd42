#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cells.h"
#include "tests/unit/one.h"

static struct one one;

static const struct plan_svc *
init(enum svc_state state, enum svc_want want, enum plan_timer timer)
{
	struct plan_svc *s = &one.svc[ONE];

	one_init(&one, TYPE_ONESHOT, state, want, FATE_NONE);
	s->policy.is_timed = true;
	s->policy.remains = false;
	s->timer = (uint8_t)timer;
	return s;
}

static bool
rests(enum svc_state state)
{
	return state == SVC_DOWN || state == SVC_FAILED ||
	       state == SVC_SKIPPED || state == SVC_DONE;
}

static void
test_plan_due_starts_what_rests_and_is_armed(void **context)
{
	(void)context;
	for (unsigned state = 0; state < SVC_STATES; state++)
		for (unsigned want = 0; want < SVC_WANTS; want++)
			for (unsigned timer = 0; timer < PLAN_TIMERS; timer++) {
				const struct plan_svc *s;
				bool is_due =
					rests(state) && timer == TIMER_ARMED;

				if (one_is_nonsense(TYPE_ONESHOT, state, want,
					    FATE_NONE) ||
					(state == SVC_DONE &&
						want == WANT_DOWN))
					continue;
				s = init(state, want, timer);
				assert_int_equal(plan_is_timer_on(s), is_due);
				one_take(&one, EVENT_DUE);
				assert_int_equal(s->state,
					is_due ? SVC_STARTING : state);
				assert_int_equal(s->timer, timer);
				if (is_due)
					assert_int_equal(s->want, WANT_UP);
			}
}

static void
test_plan_arm_runs_nothing(void **context)
{
	(void)context;
	for (unsigned state = 0; state < SVC_STATES; state++) {
		bool is_bad = state == SVC_MASKED || state == SVC_INVALID;
		const struct plan_svc *s = init(state,
			state == SVC_WAITING || state == SVC_BACKOFF ||
					state == SVC_SKIPPED
				? WANT_UP
				: WANT_DOWN,
			TIMER_NONE);

		one.plan.actions = 0;
		one_take(&one, EVENT_ARM);
		assert_int_equal(s->timer, is_bad ? TIMER_NONE : TIMER_ARMED);
		if (rests(state))
			assert_int_equal(one.plan.actions, 0);
	}
}

static void
test_plan_stop_and_start_of_a_timed_one_end_and_begin_it(void **context)
{
	const struct plan_svc *s = init(SVC_DOWN, WANT_DOWN, TIMER_ARMED);

	(void)context;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->state, SVC_DOWN);
	assert_int_equal(s->timer, TIMER_STOPPED);
	/* Once is once. */
	one_take(&one, EVENT_ONCE);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->timer, TIMER_STOPPED);
	plan_event(&one.plan, ONE, EVENT_EXITED, 0, PLAN_NONE);
	plan_settle(&one.plan);
	assert_int_equal(s->timer, TIMER_STOPPED);
	one_take(&one, EVENT_START);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->timer, TIMER_ARMED);
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->timer, TIMER_STOPPED);
}

static void
test_plan_stop_of_another_leaves_it_armed(void **context)
{
	const struct plan_svc *s = init(SVC_STARTING, WANT_UP, TIMER_ARMED);

	(void)context;
	plan_event(&one.plan, ONE, EVENT_STOP, 0, 0);
	plan_settle(&one.plan);
	assert_int_equal(s->want, WANT_DOWN);
	assert_int_equal(s->timer, TIMER_ARMED);
}

static void
test_plan_define_without_times_forgets_them(void **context)
{
	struct plan_policy policy;
	const struct plan_svc *s = init(SVC_DOWN, WANT_DOWN, TIMER_ARMED);

	(void)context;
	policy = s->policy;
	plan_define(&one.plan, ONE, &policy, SVC_DOWN);
	assert_int_equal(s->timer, TIMER_ARMED);
	policy.is_timed = false;
	plan_define(&one.plan, ONE, &policy, SVC_DOWN);
	assert_int_equal(s->timer, TIMER_NONE);
	one_take(&one, EVENT_ARM);
	assert_int_equal(s->timer, TIMER_NONE);
	assert_int_equal(plan_start_event(s), EVENT_START);
}

/* ONE requires, and then wants, the service 0. */
static void
test_plan_pull_runs_what_is_required_and_arms_what_is_wanted(void **context)
{
	static const struct graph_edge wants[] = {{0, EDGE_WANTS | EDGE_AFTER}};
	static const uint32_t first[] = {0, 0, 1, 1};

	(void)context;
	for (int i = 0; i < 2; i++) {
		struct plan_svc *dep = &one.svc[0];

		init(SVC_DOWN, WANT_DOWN, TIMER_NONE);
		dep->policy.type = TYPE_ONESHOT;
		dep->policy.is_timed = true;
		dep->state = SVC_DOWN;
		dep->want = WANT_DOWN;
		if (i == 1)
			one.plan.deps = (struct graph){3, first, wants};
		one_take(&one, EVENT_START);
		assert_int_equal(dep->timer, TIMER_ARMED);
		assert_int_equal(dep->state, i == 0 ? SVC_STARTING : SVC_DOWN);
		/* What is only wanted is not waited for. */
		assert_int_equal(one.svc[ONE].state,
			i == 0 ? SVC_WAITING : SVC_STARTING);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_due_starts_what_rests_and_is_armed),
		cmocka_unit_test(test_plan_arm_runs_nothing),
		cmocka_unit_test(
			test_plan_stop_and_start_of_a_timed_one_end_and_begin_it),
		cmocka_unit_test(test_plan_stop_of_another_leaves_it_armed),
		cmocka_unit_test(test_plan_define_without_times_forgets_them),
		cmocka_unit_test(
			test_plan_pull_runs_what_is_required_and_arms_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
