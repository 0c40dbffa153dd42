/*
 * When everything has to have stopped by some moment: deadlines of stops, and
 * what is left out when there is no time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/one.h"

#define NOW  100000u /* of one_init() */
#define OWN  10000u  /* stop-timeout of it */
#define LAST (NOW + 8000u)

static struct one one;
static struct plan_limit limit[3];

/* Up, wanted, held by nobody. */
static struct plan_svc *
begin(enum svc_type type, enum svc_state state)
{
	one_init(&one, type, state, WANT_UP, FATE_NONE);
	for (unsigned i = 0; i < 3; i++)
		limit[i] = (struct plan_limit){0, 0};
	one.plan.limit = limit;
	return &one.svc[ONE];
}

static void
test_plan_stop_without_a_budget_has_its_own_time(void **state)
{
	struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

	(void)state;
	limit[ONE].tail_ms = 9000;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->state, SVC_STOPPING);
	assert_int_equal(s->deadline_ms, NOW + OWN);
	s->policy.stop_timeout_ms = 0;
	s->state = SVC_UP;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->deadline_ms, 0);
}

static void
test_plan_stop_ends_before_those_behind_it_need_the_rest(void **state)
{
	static const struct {
		uint64_t kill_ms;
		uint32_t tail_ms, post_ms, own_ms;
		uint64_t deadline_ms;
	} rows[] = {
		{LAST, 0, 0, OWN, LAST},
		{LAST, 3000, 0, OWN, LAST - 3000},
		{LAST, 3000, 2000, OWN, LAST - 5000},
		{LAST, 3000, 2000, 0, LAST - 5000},
		{LAST, 3000, 2000, 2999, NOW + 2999},
		{LAST, 3000, 2000, 3000, NOW + 3000},
		{LAST, 3000, 2000, 3001, NOW + 3000},
		{NOW + OWN + 1, 0, 0, OWN, NOW + OWN},
		/* A budget that was used up before. */
		{NOW + 500, 900, 0, OWN, NOW - 400},
		{400, 500, 0, OWN, 1},
		{500, 500, 0, OWN, 1},
		{501, 500, 0, OWN, 1},
		{502, 500, 0, OWN, 2},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

		one.plan.kill_ms = rows[i].kill_ms;
		limit[ONE].tail_ms = rows[i].tail_ms;
		limit[ONE].post_ms = rows[i].post_ms;
		s->policy.stop_timeout_ms = rows[i].own_ms;
		one_take(&one, EVENT_STOP);
		assert_int_equal(s->state, SVC_STOPPING);
		assert_int_equal(s->deadline_ms, rows[i].deadline_ms);
	}
}

static void
test_plan_stop_without_shares_keeps_to_the_last_kill(void **state)
{
	struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

	(void)state;
	one.plan.limit = NULL;
	one.plan.kill_ms = LAST;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->deadline_ms, LAST);
}

static void
test_plan_stop_post_has_its_part_of_the_time(void **state)
{
	struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

	(void)state;
	one.plan.kill_ms = LAST;
	limit[ONE] = (struct plan_limit){.tail_ms = 1000, .post_ms = 2000};
	s->policy.hooks[PART_STOP_POST] = 1;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->deadline_ms, LAST - 3000);
	one_take(&one, EVENT_EXITED);
	assert_int_equal(s->state, SVC_STOPPING);
	assert_int_equal(s->part, PART_STOP_POST);
	assert_int_equal(s->deadline_ms, LAST - 1000);
}

static void
test_plan_stop_that_is_late_runs_no_commands(void **state)
{
	struct plan_svc *s;

	(void)state;
	for (int late = 0; late < 2; late++) {
		s = begin(TYPE_PROCESS, SVC_UP);
		one.plan.kill_ms = late ? NOW : NOW + 1;
		s->policy.hooks[PART_STOP] = 1;
		s->policy.hooks[PART_STOP_POST] = 1;
		one_take(&one, EVENT_STOP);
		assert_int_equal(one_action(&one)->kind,
			late ? ACTION_SIGNAL : ACTION_HOOK);
		one.plan.actions = 0;
		if (!late)
			s->facts &= (uint8_t)~FACT_HOOK;
		one_take(&one, EVENT_EXITED);
		assert_int_equal(s->state, late ? SVC_DOWN : SVC_STOPPING);
	}
	/* A oneshot that is done has only its commands to stop it. */
	s = begin(TYPE_ONESHOT, SVC_DONE);
	one.plan.kill_ms = NOW;
	s->policy.hooks[PART_STOP] = 1;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->state, SVC_DOWN);
	assert_int_equal(one.plan.actions, 0);
}

static void
test_plan_limited_shortens_what_stops_already(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SVC_STATES; i++) {
		struct plan_svc *s = begin(TYPE_PROCESS, (enum svc_state)i);

		s->deadline_ms = NOW + 20000;
		one.plan.kill_ms = LAST;
		one.plan.changes = 0;
		s->is_changed = false;
		plan_limited(&one.plan);
		assert_int_equal(
			s->deadline_ms, i == SVC_STOPPING ? LAST : NOW + 20000);
		assert_int_equal(s->is_changed, i == SVC_STOPPING);
	}
	begin(TYPE_PROCESS, SVC_STOPPING)->deadline_ms = NOW + 1;
	one.plan.kill_ms = LAST;
	plan_limited(&one.plan);
	assert_int_equal(one.svc[ONE].deadline_ms, NOW + 1);
	/* Its stop-post has no part of its own time behind it. */
	begin(TYPE_PROCESS, SVC_STOPPING)->part = PART_STOP_POST;
	one.svc[ONE].deadline_ms = 0;
	limit[ONE] = (struct plan_limit){.tail_ms = 1000, .post_ms = 2000};
	one.plan.kill_ms = LAST;
	plan_limited(&one.plan);
	assert_int_equal(one.svc[ONE].deadline_ms, LAST - 1000);
}

static void
test_plan_extension_ends_with_the_budget(void **state)
{
	struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

	(void)state;
	one.plan.kill_ms = LAST;
	s->policy.stop_timeout_ms = 1000;
	one_take(&one, EVENT_STOP);
	assert_int_equal(s->deadline_ms, NOW + 1000);
	plan_event(&one.plan, ONE, EVENT_EXTEND, 5000, PLAN_NONE);
	assert_int_equal(s->deadline_ms, NOW + 5000);
	plan_event(&one.plan, ONE, EVENT_EXTEND, 9000, PLAN_NONE);
	assert_int_equal(s->deadline_ms, LAST);
}

static void
test_plan_kill_now_kills_whatever_holds_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SVC_STATES; i++) {
		struct plan_svc *s;
		bool is_alive =
			i == SVC_STARTING || i == SVC_UP || i == SVC_STOPPING;

		one_init(&one, TYPE_PROCESS, (enum svc_state)i, WANT_DOWN,
			FATE_NONE);
		s = &one.svc[ONE];
		one.plan.kill_ms = NOW;
		one.plan.actions = 0;
		plan_kill_now(&one.plan, ONE);
		plan_settle(&one.plan);
		assert_int_equal(s->state, is_alive	   ? SVC_KILLING
					   : i == SVC_DONE ? SVC_DOWN
							   : i);
		if (!is_alive)
			continue;
		assert_int_equal(one_action(&one)->kind, ACTION_SIGNAL);
		assert_int_equal(one_action(&one)->arg, SIGKILL);
	}
}

static void
test_plan_reason_of_a_kill_is_the_time_that_it_had(void **state)
{
	struct plan_svc *s = begin(TYPE_PROCESS, SVC_UP);

	(void)state;
	one.plan.kill_ms = LAST;
	one_take(&one, EVENT_STOP);
	one.plan.now_ms += 8000;
	one.plan.boot_ms += 8000;
	one_take(&one, EVENT_TIMEOUT);
	assert_int_equal(s->reason, REASON_STOP_TIMEOUT);
	assert_int_equal(s->reason_arg, 8000);
	s = begin(TYPE_PROCESS, SVC_UP);
	one_take(&one, EVENT_STOP);
	one.plan.boot_ms += 8000;
	one_take(&one, EVENT_TIMEOUT);
	assert_int_equal(s->reason_arg, OWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_plan_stop_without_a_budget_has_its_own_time),
		cmocka_unit_test(
			test_plan_stop_ends_before_those_behind_it_need_the_rest),
		cmocka_unit_test(
			test_plan_stop_without_shares_keeps_to_the_last_kill),
		cmocka_unit_test(test_plan_stop_post_has_its_part_of_the_time),
		cmocka_unit_test(test_plan_stop_that_is_late_runs_no_commands),
		cmocka_unit_test(test_plan_limited_shortens_what_stops_already),
		cmocka_unit_test(test_plan_extension_ends_with_the_budget),
		cmocka_unit_test(test_plan_kill_now_kills_whatever_holds_it),
		cmocka_unit_test(
			test_plan_reason_of_a_kill_is_the_time_that_it_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
