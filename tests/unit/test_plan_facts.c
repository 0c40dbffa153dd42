/*
 * What a cell of plan_step() leaves behind beside the state: reasons,
 * deadlines, counters. test_plan_cells.c has the states.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/plan_private.h"
#include "tests/unit/one.h"

#define EXIT(n) ((n) << 8)
#define NOBODY	PLAN_NONE

static struct one one;
static struct plan_svc *const s = &one.svc[ONE];

static void
begin(enum svc_type type, enum svc_state state, enum svc_want want,
	enum plan_fate fate)
{
	one_init(&one, type, state, want, fate);
}

static void
take(enum plan_event event, int32_t arg)
{
	one.plan.actions = 0;
	plan_event(&one.plan, ONE, event, arg, PLAN_NONE);
	assert_false(plan_settle(&one.plan));
}

static void
is_because(enum reason reason, int32_t arg, uint32_t svc)
{
	assert_int_equal(s->reason, reason);
	assert_int_equal(s->reason_arg, arg);
	assert_int_equal(s->reason_svc, svc);
}

static void
test_plan_step_of_each_event_gives_its_reason(void **state)
{
	static const struct {
		enum svc_state state;
		enum svc_want want;
		enum plan_fate fate;
		enum plan_event event;
		int32_t event_arg;
		uint32_t event_svc;
		enum reason reason;
		int32_t arg;
		uint32_t svc;
	} rows[] = {
		{SVC_FAILED, WANT_UP, FATE_NONE, EVENT_START, 0, NOBODY,
			REASON_ASKED, 0, NOBODY},
		{SVC_FAILED, WANT_UP, FATE_NONE, EVENT_RESET, 0, NOBODY,
			REASON_ASKED, 0, NOBODY},
		{SVC_FAILED, WANT_UP, FATE_NONE, EVENT_STOP, 0, NOBODY,
			REASON_ASKED, 0, NOBODY},
		{SVC_WAITING, WANT_UP, FATE_NONE, EVENT_DEP_FAILED, 0, 2,
			REASON_DEP_FAILED, 0, 2},
		{SVC_WAITING, WANT_UP, FATE_NONE, EVENT_STOP, 0, 2,
			REASON_DEP_STOPPED, 0, 2},
		{SVC_BACKOFF, WANT_UP, FATE_NONE, EVENT_DEP_FAILED, 0, 2,
			REASON_DEP_FAILED, 0, 2},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_STOP, 0, NOBODY,
			REASON_ASKED, 0, NOBODY},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_STOP, 0, 2,
			REASON_DEP_STOPPED, 0, 2},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_RESTART, 0, NOBODY,
			REASON_ASKED, 0, NOBODY},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_DEP_FAILED, 0, 2,
			REASON_DEP_FAILED, 0, 2},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_EXITED, EXIT(3), NOBODY,
			REASON_EXITED, 3, NOBODY},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_EXITED, SIGKILL, NOBODY,
			REASON_SIGNALED, SIGKILL, NOBODY},
		{SVC_UP, WANT_UP, FATE_NONE, EVENT_LOST, 0, NOBODY, REASON_LOST,
			0, NOBODY},
		{SVC_STARTING, WANT_UP, FATE_NONE, EVENT_SPAWN_FAILED,
			2 << 16 | ENOENT, NOBODY, REASON_EXEC_FAILED,
			2 << 16 | ENOENT, NOBODY},
		{SVC_STARTING, WANT_UP, FATE_NONE, EVENT_TIMEOUT, 0, NOBODY,
			REASON_START_TIMEOUT, 60000, NOBODY},
		{SVC_STOPPING, WANT_DOWN, FATE_NONE, EVENT_TIMEOUT, 0, NOBODY,
			REASON_STOP_TIMEOUT, 10000, NOBODY},
		{SVC_KILLING, WANT_DOWN, FATE_NONE, EVENT_TIMEOUT, 0, NOBODY,
			REASON_STUCK, 0, NOBODY},
		{SVC_STOPPING, WANT_UP, FATE_RETRY, EVENT_EXITED, EXIT(1),
			NOBODY, REASON_START_TIMEOUT, 60000, NOBODY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(TYPE_PROCESS, rows[i].state, rows[i].want, rows[i].fate);
		s->reason = REASON_NONE;
		s->reason_arg = 77;
		s->reason_svc = 1;
		one.plan.changes = 0;
		s->is_changed = false;
		plan_step(&one.plan, ONE, rows[i].event, rows[i].event_arg,
			rows[i].event_svc);
		is_because(rows[i].reason, rows[i].arg, rows[i].svc);
		assert_int_equal(one.plan.changes, 1);
		assert_int_equal(one.changed[0], ONE);
	}
}

static void
test_plan_step_arms_the_time_of_each_state(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
	take(EVENT_START, 0);
	assert_int_equal(s->deadline_ms, 100000 + 60000);
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	take(EVENT_STOP, 0);
	assert_int_equal(s->deadline_ms, 100000 + 10000);
	one.plan.now_ms = s->deadline_ms;
	s->policy.stop_timeout_ms = 3;
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->state, SVC_KILLING);
	assert_int_equal(s->deadline_ms, 110000 + PLAN_KILL_AGAIN_MS);
	assert_false(s->is_stuck);
	assert_int_equal(s->reason_arg, 3);
	one.plan.now_ms = s->deadline_ms;
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->state, SVC_KILLING);
	assert_int_equal(s->deadline_ms, 110000 + 2 * PLAN_KILL_AGAIN_MS);
	assert_true(s->is_stuck);
	take(EVENT_EXITED, SIGKILL);
	assert_int_equal(s->state, SVC_DOWN);
	assert_false(s->is_stuck);
	assert_int_equal(s->deadline_ms, 0);
}

/* 0 is no limit, not one that has passed. */
static void
test_plan_step_without_a_timeout_arms_nothing(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
	s->policy.start_timeout_ms = 0;
	take(EVENT_START, 0);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->deadline_ms, 0);
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	s->policy.stop_timeout_ms = 0;
	take(EVENT_STOP, 0);
	assert_int_equal(s->state, SVC_STOPPING);
	assert_int_equal(s->deadline_ms, 0);
}

static void
test_plan_step_notes_when_a_state_began(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	one.plan.now_ms = 123000;
	one.plan.boot_ms = 456000;
	take(EVENT_READY, 0);
	assert_int_equal(s->state, SVC_UP);
	assert_int_equal(s->up_ms, 123000);
	assert_int_equal(s->since_boot_ms, 456000);
	assert_int_equal(s->deadline_ms, 0);
	/* A wish is no state: it is up since then. */
	one.plan.boot_ms = 457000;
	take(EVENT_START, 0);
	assert_int_equal(s->since_boot_ms, 456000);
}

static void
test_plan_exit_is_noted_and_a_loss_is_none(void **state)
{
	static const enum svc_state states[] = {
		SVC_STARTING, SVC_UP, SVC_STOPPING, SVC_KILLING};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		begin(TYPE_PROCESS, states[i], WANT_UP,
			i < 2 ? FATE_NONE : FATE_RESTART);
		s->policy.restart = RESTART_NEVER;
		take(EVENT_EXITED, EXIT(9));
		assert_true(s->has_exit);
		assert_int_equal(s->exit_status, EXIT(9));
		begin(TYPE_PROCESS, states[i], WANT_UP,
			i < 2 ? FATE_NONE : FATE_RESTART);
		s->policy.restart = RESTART_NEVER;
		s->has_exit = true;
		s->exit_status = EXIT(9);
		take(EVENT_LOST, 0);
		assert_false(s->has_exit);
		assert_int_equal(s->exit_status, 0);
	}
}

/* A wish of somebody clears what counts against it. */
static void
test_plan_start_of_each_state_clears_what_counts(void **state)
{
	static const enum svc_state states[] = {SVC_DOWN, SVC_WAITING,
		SVC_STARTING, SVC_UP, SVC_STOPPING, SVC_KILLING, SVC_BACKOFF,
		SVC_FAILED};
	static const enum plan_event events[] = {
		EVENT_START, EVENT_ONCE, EVENT_RESTART};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (size_t e = 0; e < 3; e++) {
			begin(TYPE_PROCESS, states[i],
				states[i] == SVC_DOWN ? WANT_DOWN : WANT_UP,
				FATE_NONE);
			s->failures = 3;
			s->limit_used = 3;
			take(events[e], 0);
			assert_int_equal(s->failures, 0);
			assert_int_equal(s->limit_used, 0);
			assert_int_equal(s->want,
				events[e] == EVENT_ONCE ? WANT_ONCE : WANT_UP);
		}
	}
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->restarts = 3;
	take(EVENT_START, 0);
	assert_int_equal(s->restarts, 3);
	take(EVENT_RESTART, 0);
	assert_int_equal(s->restarts, 0);
}

/* What was to fail or to be tried again only starts again. */
static void
test_plan_start_of_the_doomed_changes_its_fate(void **state)
{
	(void)state;
	for (unsigned fate = 0; fate < PLAN_FATES; fate++) {
		begin(TYPE_PROCESS, SVC_STOPPING, WANT_UP,
			(enum plan_fate)fate);
		take(EVENT_START, 0);
		assert_int_equal(
			s->fate, fate == FATE_NONE ? FATE_NONE : FATE_RESTART);
	}
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->fate, FATE_RETRY);
	/* A restart that was asked for stays one, a stop too. */
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_RESTART);
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->fate, FATE_RESTART);
	begin(TYPE_PROCESS, SVC_STARTING, WANT_DOWN, FATE_NONE);
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->fate, FATE_NONE);
}

static void
take_unhealthy(void)
{
	plan_event(&one.plan, ONE, EVENT_UNHEALTHY, 3, REASON_UNHEALTHY);
	plan_settle(&one.plan);
}

/* Why it had to go is told, although KILL was needed. */
static void
test_plan_unhealthy_is_restarted_and_says_why(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	take_unhealthy();
	assert_int_equal(s->state, SVC_STOPPING);
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->state, SVC_KILLING);
	take(EVENT_EXITED, SIGKILL);
	assert_int_equal(s->state, SVC_BACKOFF);
	assert_int_equal(s->reason, REASON_UNHEALTHY);
	assert_int_equal(s->reason_arg, 3);
	assert_int_equal(s->failures, 1);
	take(EVENT_TIMEOUT, 0);
	assert_int_equal(s->state, SVC_STARTING);
}

static void
test_plan_unhealthy_heeds_restart_and_once(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->policy.restart = RESTART_NEVER;
	take_unhealthy();
	take(EVENT_EXITED, SIGTERM);
	assert_int_equal(s->state, SVC_FAILED);
	assert_int_equal(s->reason, REASON_UNHEALTHY);
	begin(TYPE_PROCESS, SVC_UP, WANT_ONCE, FATE_NONE);
	take_unhealthy();
	take(EVENT_EXITED, SIGTERM);
	assert_int_equal(s->state, SVC_FAILED);
}

/* Days of health before count as they do before a crash. */
static void
test_plan_unhealthy_after_long_health_begins_with_the_first_delay(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->failures = 4;
	s->policy.reset_ms = 60000;
	s->up_ms = one.plan.now_ms - 60000;
	take_unhealthy();
	take(EVENT_EXITED, SIGTERM);
	assert_int_equal(s->failures, 1);
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->failures = 4;
	s->policy.reset_ms = 60000;
	s->up_ms = one.plan.now_ms - 59999;
	take_unhealthy();
	take(EVENT_EXITED, SIGTERM);
	assert_int_equal(s->failures, 5);
}

static void
test_plan_extend_never_takes_time_away(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	s->deadline_ms = one.plan.now_ms + 1000;
	take(EVENT_EXTEND, 999);
	assert_int_equal(s->deadline_ms, one.plan.now_ms + 1000);
	take(EVENT_EXTEND, 5000);
	assert_int_equal(s->deadline_ms, one.plan.now_ms + 5000);
	/* Without a limit it needs none. */
	s->deadline_ms = 0;
	take(EVENT_EXTEND, 5000);
	assert_int_equal(s->deadline_ms, 0);
	begin(TYPE_PROCESS, SVC_STOPPING, WANT_DOWN, FATE_NONE);
	take(EVENT_EXTEND, 50000);
	assert_int_equal(s->deadline_ms, one.plan.now_ms + 50000);
	/* KILL is not put off. */
	begin(TYPE_PROCESS, SVC_KILLING, WANT_DOWN, FATE_NONE);
	take(EVENT_EXTEND, 50000);
	assert_int_equal(s->deadline_ms, one.plan.now_ms + 1);
}

/* A newer definition's type counts from the next start on. */
static void
test_plan_start_runs_as_the_type_of_now(void **state)
{
	struct plan_policy policy;

	(void)state;
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	policy = s->policy;
	policy.type = TYPE_ONESHOT;
	assert_false(plan_define(&one.plan, ONE, &policy, SVC_DOWN));
	take(EVENT_READY, 0);
	assert_int_equal(s->state, SVC_UP);
	assert_int_equal(s->runs_as, TYPE_PROCESS);
	take(EVENT_RESTART, 0);
	take(EVENT_EXITED, 0);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->runs_as, TYPE_ONESHOT);
	take(EVENT_READY, 0);
	assert_int_equal(s->state, SVC_STARTING);
}

/* Nothing is started any more, whatever its fate was. */
static void
test_plan_exit_while_finishing_is_down(void **state)
{
	(void)state;
	for (unsigned fate = 0; fate < PLAN_FATES; fate++) {
		begin(TYPE_PROCESS, SVC_STOPPING, WANT_UP,
			(enum plan_fate)fate);
		one.plan.is_finishing = true;
		take(EVENT_EXITED, EXIT(1));
		assert_int_equal(s->state, SVC_DOWN);
		assert_int_equal(s->want, WANT_DOWN);
		assert_int_equal(s->fate, FATE_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_step_of_each_event_gives_its_reason),
		cmocka_unit_test(test_plan_step_arms_the_time_of_each_state),
		cmocka_unit_test(test_plan_step_without_a_timeout_arms_nothing),
		cmocka_unit_test(test_plan_step_notes_when_a_state_began),
		cmocka_unit_test(test_plan_exit_is_noted_and_a_loss_is_none),
		cmocka_unit_test(
			test_plan_start_of_each_state_clears_what_counts),
		cmocka_unit_test(test_plan_unhealthy_is_restarted_and_says_why),
		cmocka_unit_test(test_plan_unhealthy_heeds_restart_and_once),
		cmocka_unit_test(
			test_plan_unhealthy_after_long_health_begins_with_the_first_delay),
		cmocka_unit_test(test_plan_extend_never_takes_time_away),
		cmocka_unit_test(
			test_plan_start_of_the_doomed_changes_its_fate),
		cmocka_unit_test(test_plan_start_runs_as_the_type_of_now),
		cmocka_unit_test(test_plan_exit_while_finishing_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
