/*
 * How a service ends, and what that leads to: another try, after how long, the
 * next command, or the end of it. test_plan_cells.c has all other states.
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

/* A letter a restart, in the order of its enum: b again, d down, f failed. */
static void
test_plan_exit_of_each_kind_follows_restart(void **state)
{
	static const struct {
		enum svc_type type;
		enum plan_event event;
		int32_t status;
		const char *expected;
	} rows[] = {
		{TYPE_PROCESS, EVENT_EXITED, EXIT(0), "bddd"},
		{TYPE_PROCESS, EVENT_EXITED, EXIT(1), "bbff"},
		{TYPE_PROCESS, EVENT_EXITED, EXIT(255), "bbff"},
		{TYPE_PROCESS, EVENT_EXITED, SIGHUP, "bddd"},
		{TYPE_PROCESS, EVENT_EXITED, SIGINT, "bddd"},
		{TYPE_PROCESS, EVENT_EXITED, SIGPIPE, "bddd"},
		{TYPE_PROCESS, EVENT_EXITED, SIGTERM, "bddd"},
		{TYPE_PROCESS, EVENT_EXITED, SIGKILL, "bbbf"},
		{TYPE_PROCESS, EVENT_EXITED, SIGSEGV | 0x80, "bbbf"},
		{TYPE_PROCESS, EVENT_LOST, 0, "bbbf"},
		{TYPE_ONESHOT, EVENT_EXITED, EXIT(1), "bbff"},
		{TYPE_ONESHOT, EVENT_EXITED, SIGTERM, "bbbf"},
		{TYPE_ONESHOT, EVENT_EXITED, SIGKILL, "bbbf"},
		{TYPE_ONESHOT, EVENT_LOST, 0, "bbbf"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint8_t restart = 0; restart < 4; restart++) {
			char found;

			begin(rows[i].type, SVC_STARTING, WANT_UP, FATE_NONE);
			s->policy.restart = restart;
			take(rows[i].event, rows[i].status);
			found = s->state == SVC_BACKOFF	 ? 'b'
				: s->state == SVC_DOWN	 ? 'd'
				: s->state == SVC_FAILED ? 'f'
							 : '?';
			if (found != rows[i].expected[restart])
				fail_msg("row %zu, restart %u: %c", i, restart,
					found);
			if (found == 'd')
				assert_int_equal(s->want, WANT_DOWN);
		}
	}
}

/* Once is once, however it ends. */
static void
test_plan_exit_of_once_is_down(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_ONCE, FATE_NONE);
	take(EVENT_EXITED, EXIT(1));
	assert_int_equal(s->state, SVC_DOWN);
	begin(TYPE_PROCESS, SVC_UP, WANT_ONCE, FATE_NONE);
	take(EVENT_EXITED, SIGKILL);
	assert_int_equal(s->state, SVC_DOWN);
}

static void
test_plan_exit_of_a_command_that_may_fail_is_clean(void **state)
{
	(void)state;
	for (uint8_t command = 0; command < 3; command++) {
		begin(TYPE_ONESHOT, SVC_STARTING, WANT_UP, FATE_NONE);
		s->policy.commands = 4;
		s->policy.may_fail = 1u << 1;
		s->command = command;
		take(EVENT_EXITED, EXIT(1));
		assert_int_equal(
			s->state, command == 1 ? SVC_STARTING : SVC_FAILED);
		/* Failing is an exit status: it did not die well. */
		begin(TYPE_ONESHOT, SVC_STARTING, WANT_UP, FATE_NONE);
		s->policy.may_fail = ~0u;
		take(EVENT_EXITED, SIGKILL);
		assert_int_equal(s->state, SVC_FAILED);
	}
	begin(TYPE_ONESHOT, SVC_STARTING, WANT_UP, FATE_NONE);
	s->policy.commands = 32;
	s->policy.may_fail = 1u << 31;
	s->command = 31;
	take(EVENT_EXITED, EXIT(1));
	assert_int_equal(s->state, SVC_DONE);
}

static void
test_plan_oneshot_runs_its_commands_in_order(void **state)
{
	(void)state;
	for (int remains = 0; remains < 2; remains++) {
		begin(TYPE_ONESHOT, SVC_DOWN, WANT_DOWN, FATE_NONE);
		s->policy.commands = 3;
		s->policy.remains = remains;
		s->command = 2;
		take(EVENT_START, 0);
		s->failures = 4;
		for (int n = 0; n < 3; n++) {
			assert_int_equal(s->state, SVC_STARTING);
			assert_int_equal(s->command, n);
			assert_int_equal(s->starts, n + 1);
			assert_int_equal(one.plan.actions, 1);
			assert_int_equal(one.plan.action[0].kind, ACTION_SPAWN);
			assert_int_equal(one.plan.action[0].arg, n);
			/* One deadline for all of them. */
			assert_int_equal(s->deadline_ms, 160000);
			one.plan.now_ms++;
			take(EVENT_EXITED, 0);
		}
		assert_int_equal(s->state, remains ? SVC_DONE : SVC_DOWN);
		assert_int_equal(s->failures, remains ? 0 : 4);
		assert_int_equal(s->want, remains ? WANT_UP : WANT_DOWN);
		assert_int_equal(one.plan.actions, 0);
	}
}

/* Worth another try, but not at once. */
static void
test_plan_spawn_failed_for_a_while_is_tried_again(void **state)
{
	static const int again[] = {
		EAGAIN, ENOMEM, EMFILE, ENFILE, EIO, ETXTBSY, EINTR, ENOSPC};
	static const int never[] = {ENOENT, EACCES, ENOEXEC, EPERM, 1 << 16};

	(void)state;
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		for (int step = 0; step < 3; step++) {
			begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
			s->policy.restart = RESTART_NEVER;
			take(EVENT_SPAWN_FAILED, step << 16 | again[i]);
			assert_int_equal(s->state, SVC_BACKOFF);
			assert_int_equal(
				s->deadline_ms, 100000 + PLAN_SPAWN_RETRY_MS);
		}
		begin(TYPE_PROCESS, SVC_STARTING, WANT_ONCE, FATE_NONE);
		take(EVENT_SPAWN_FAILED, again[i]);
		assert_int_equal(s->state, SVC_FAILED);
	}
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
		take(EVENT_SPAWN_FAILED, never[i]);
		assert_int_equal(s->state, SVC_FAILED);
	}
}

static void
test_plan_retry_takes_the_next_delay(void **state)
{
	static const struct plan_delays list = {{0, 200, 3000}, 3};
	static const uint32_t delays[] = {0, 200, 3000, 3000};

	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	one.plan.delays = &list;
	for (unsigned n = 0; n < 4; n++) {
		uint64_t wait;

		take(EVENT_EXITED, EXIT(1));
		assert_int_equal(s->failures, n + 1);
		assert_int_equal(s->restarts, n + 1);
		if (delays[n] == 0) {
			/* At once, through its gate. */
			assert_int_equal(s->state, SVC_STARTING);
		} else {
			assert_int_equal(s->state, SVC_BACKOFF);
			wait = s->deadline_ms - one.plan.now_ms;
			assert_in_range(
				wait, delays[n], delays[n] + delays[n] / 10);
			one.plan.now_ms = s->deadline_ms;
			take(EVENT_TIMEOUT, 0);
		}
		take(EVENT_READY, 0);
	}
	s->failures = UINT16_MAX;
	take(EVENT_EXITED, EXIT(1));
	assert_int_equal(s->failures, UINT16_MAX);
}

/* Two of one list that fail together do not come back together. */
static void
test_plan_retry_spreads_by_seed_id_and_start(void **state)
{
	static const struct plan_delays list = {{1000000}, 1};
	uint64_t first;

	(void)state;
#define WAIT(set)                                                              \
	(begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE),                      \
		one.plan.delays = &list, (set), take(EVENT_EXITED, EXIT(1)),   \
		s->deadline_ms)
	first = WAIT((void)0);
	assert_true(first == WAIT((void)0));
	assert_true(first != WAIT(one.plan.seed = 1) ||
		    first != WAIT(one.plan.seed = 2));
	assert_true(
		first != WAIT(s->starts = 1) || first != WAIT(s->starts = 2));
#undef WAIT
}

static void
test_plan_retry_after_healthy_time_begins_anew(void **state)
{
	static const struct {
		uint32_t reset_ms;
		uint64_t healthy_ms;
		uint16_t failures;
	} rows[] = {{5000, 4999, 8}, {5000, 5000, 1}, {5000, 5001, 1},
		{0, 1000000, 8}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
		s->policy.reset_ms = rows[i].reset_ms;
		take(EVENT_READY, 0);
		s->failures = 7;
		one.plan.now_ms += rows[i].healthy_ms;
		take(EVENT_EXITED, EXIT(1));
		assert_int_equal(s->failures, rows[i].failures);
	}
	/* It was not up: nothing healthy about it. */
	begin(TYPE_PROCESS, SVC_STARTING, WANT_UP, FATE_NONE);
	s->policy.reset_ms = 5000;
	s->failures = 7;
	take(EVENT_EXITED, EXIT(1));
	assert_int_equal(s->failures, 8);
}

static void
test_plan_retry_beyond_the_limit_says_which(void **state)
{
	(void)state;
	begin(TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->policy.limit_count = 4;
	s->policy.limit_ms = 1000;
	s->limit_used = 4;
	s->limit_from_ms = one.plan.now_ms;
	take(EVENT_EXITED, EXIT(1));
	assert_int_equal(s->state, SVC_FAILED);
	assert_int_equal(s->failures, 0);
	assert_int_equal(s->restarts, 0);
	assert_int_equal(s->reason, REASON_LIMIT);
	assert_int_equal(s->reason_arg, 4);
	assert_int_equal(s->reason_svc, PLAN_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_exit_of_each_kind_follows_restart),
		cmocka_unit_test(test_plan_exit_of_once_is_down),
		cmocka_unit_test(
			test_plan_exit_of_a_command_that_may_fail_is_clean),
		cmocka_unit_test(test_plan_oneshot_runs_its_commands_in_order),
		cmocka_unit_test(
			test_plan_spawn_failed_for_a_while_is_tried_again),
		cmocka_unit_test(test_plan_retry_takes_the_next_delay),
		cmocka_unit_test(test_plan_retry_spreads_by_seed_id_and_start),
		cmocka_unit_test(
			test_plan_retry_after_healthy_time_begins_anew),
		cmocka_unit_test(test_plan_retry_beyond_the_limit_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
