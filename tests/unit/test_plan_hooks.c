/*
 * The commands around a service: what runs of it in each part of each state,
 * and what follows from each of their ends, in a table written by hand.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/one.h"

#define NONE	   ((enum plan_action_kind) - 1)
#define HOOK(part) ((part) << 8)
#define BAD	   (1 << 8)
#define M	   FACT_MAIN
#define H	   FACT_HOOK
#define MH	   (FACT_MAIN | FACT_HOOK)

struct line {
	enum svc_state state;
	enum def_part part;
	unsigned facts;
	enum svc_want want;
	enum plan_event event;
	int32_t event_arg;
	/* what comes of it: the last two actions, the older first */
	enum svc_state after;
	enum plan_action_kind first;
	int32_t first_arg;
	enum plan_action_kind second;
	int32_t second_arg;
};

/* Every part has one command, but start-pre, which has two. */
static const struct line lines[] = {
	/* A start: its first command, its last one, and how they end. */
	{SVC_WAITING, PART_MAIN, 0, WANT_UP, EVENT_GO, 0, SVC_STARTING,
		ACTION_HOOK, HOOK(PART_START_PRE), NONE, 0},
	{SVC_STARTING, PART_START_PRE, H, WANT_UP, EVENT_HOOK_EXITED, 0,
		SVC_STARTING, ACTION_HOOK, HOOK(PART_START_PRE) | 1, NONE, 0},
	{SVC_STARTING, PART_START_PRE, H, WANT_UP, EVENT_HOOK_EXITED, BAD,
		SVC_STOPPING, ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_STARTING, PART_START_PRE, H, WANT_DOWN, EVENT_HOOK_EXITED, 0,
		SVC_STOPPING, ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_STARTING, PART_START_PRE, H, WANT_DOWN, EVENT_FREE, 0,
		SVC_STOPPING, ACTION_HOOK_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STARTING, PART_START_PRE, H, WANT_UP, EVENT_TIMEOUT, 0,
		SVC_STOPPING, ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
	{SVC_STARTING, PART_MAIN, M, WANT_UP, EVENT_READY, 0, SVC_STARTING,
		ACTION_HOOK, HOOK(PART_START_POST), NONE, 0},
	{SVC_STARTING, PART_MAIN, M, WANT_UP, EVENT_EXITED, BAD, SVC_STOPPING,
		ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_STARTING, PART_MAIN, M, WANT_UP, EVENT_SPAWN_FAILED, 2,
		SVC_STOPPING, ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	/* It was not up: its stop-command has nothing to stop. */
	{SVC_STARTING, PART_MAIN, M, WANT_DOWN, EVENT_FREE, 0, SVC_STOPPING,
		ACTION_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STARTING, PART_START_POST, MH, WANT_UP, EVENT_HOOK_EXITED, 0,
		SVC_UP, NONE, 0, NONE, 0},
	{SVC_STARTING, PART_START_POST, MH, WANT_UP, EVENT_HOOK_EXITED, BAD,
		SVC_STOPPING, ACTION_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STARTING, PART_START_POST, MH, WANT_UP, EVENT_EXITED, BAD,
		SVC_STOPPING, ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
	{SVC_STARTING, PART_START_POST, MH, WANT_UP, EVENT_TIMEOUT, 0,
		SVC_STOPPING, ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
	{SVC_STARTING, PART_START_POST, MH, WANT_UP, EVENT_READY, 0,
		SVC_STARTING, NONE, 0, NONE, 0},
	/* Up, and a reload of it. */
	{SVC_UP, PART_MAIN, M, WANT_UP, EVENT_RELOAD, 0, SVC_UP, ACTION_HOOK,
		HOOK(PART_RELOAD), NONE, 0},
	{SVC_UP, PART_MAIN, M, WANT_DOWN, EVENT_RELOAD, 0, SVC_UP,
		ACTION_RELOADED, 1, NONE, 0},
	{SVC_UP, PART_MAIN, M, WANT_DOWN, EVENT_FREE, 0, SVC_STOPPING,
		ACTION_HOOK, HOOK(PART_STOP), NONE, 0},
	{SVC_UP, PART_MAIN, M, WANT_UP, EVENT_EXITED, BAD, SVC_STOPPING,
		ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_UP, PART_RELOAD, MH, WANT_UP, EVENT_RELOAD, 0, SVC_UP, NONE, 0,
		NONE, 0},
	{SVC_UP, PART_RELOAD, MH, WANT_UP, EVENT_HOOK_EXITED, 0, SVC_UP,
		ACTION_RELOADED, 0, NONE, 0},
	{SVC_UP, PART_RELOAD, MH, WANT_UP, EVENT_HOOK_FAILED, 2, SVC_UP,
		ACTION_RELOADED, 1, NONE, 0},
	{SVC_UP, PART_RELOAD, MH, WANT_UP, EVENT_EXITED, BAD, SVC_STOPPING,
		ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
	{SVC_UP, PART_RELOAD, MH, WANT_DOWN, EVENT_FREE, 0, SVC_STOPPING,
		ACTION_HOOK_SIGNAL, SIGTERM, NONE, 0},
	/* The way down: what was interrupted, stop-command, signal, KILL. */
	{SVC_STOPPING, PART_RELOAD, MH, WANT_DOWN, EVENT_HOOK_EXITED, SIGTERM,
		SVC_STOPPING, ACTION_RELOADED, 1, ACTION_HOOK, HOOK(PART_STOP)},
	{SVC_STOPPING, PART_RELOAD, H, WANT_UP, EVENT_HOOK_EXITED, SIGKILL,
		SVC_STOPPING, ACTION_RELOADED, 1, ACTION_HOOK,
		HOOK(PART_STOP_POST)},
	{SVC_STOPPING, PART_START_POST, MH, WANT_DOWN, EVENT_HOOK_EXITED,
		SIGTERM, SVC_STOPPING, ACTION_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STOPPING, PART_STOP, MH, WANT_DOWN, EVENT_HOOK_EXITED, 0,
		SVC_STOPPING, ACTION_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STOPPING, PART_STOP, MH, WANT_DOWN, EVENT_HOOK_EXITED, BAD,
		SVC_STOPPING, ACTION_SIGNAL, SIGTERM, NONE, 0},
	{SVC_STOPPING, PART_STOP, MH, WANT_DOWN, EVENT_EXITED, 0, SVC_STOPPING,
		NONE, 0, NONE, 0},
	{SVC_STOPPING, PART_STOP, H, WANT_DOWN, EVENT_HOOK_LOST, 0,
		SVC_STOPPING, ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_STOPPING, PART_STOP, MH, WANT_DOWN, EVENT_TIMEOUT, 0, SVC_KILLING,
		ACTION_HOOK_SIGNAL, SIGKILL, ACTION_SIGNAL, SIGKILL},
	{SVC_STOPPING, PART_MAIN, M, WANT_DOWN, EVENT_TIMEOUT, 0, SVC_KILLING,
		ACTION_SIGNAL, SIGKILL, NONE, 0},
	{SVC_STOPPING, PART_MAIN, M, WANT_DOWN, EVENT_EXITED, 0, SVC_STOPPING,
		ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	{SVC_KILLING, PART_STOP, MH, WANT_DOWN, EVENT_HOOK_EXITED, SIGKILL,
		SVC_KILLING, NONE, 0, NONE, 0},
	{SVC_KILLING, PART_MAIN, M, WANT_DOWN, EVENT_EXITED, SIGKILL,
		SVC_STOPPING, ACTION_HOOK, HOOK(PART_STOP_POST), NONE, 0},
	/* The last of all: however it ends, that was it. */
	{SVC_STOPPING, PART_STOP_POST, H, WANT_DOWN, EVENT_HOOK_EXITED, 0,
		SVC_DOWN, NONE, 0, NONE, 0},
	{SVC_STOPPING, PART_STOP_POST, H, WANT_DOWN, EVENT_HOOK_EXITED, BAD,
		SVC_DOWN, NONE, 0, NONE, 0},
	{SVC_STOPPING, PART_STOP_POST, H, WANT_DOWN, EVENT_TIMEOUT, 0,
		SVC_KILLING, ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
	{SVC_KILLING, PART_STOP_POST, H, WANT_DOWN, EVENT_HOOK_EXITED, SIGKILL,
		SVC_DOWN, NONE, 0, NONE, 0},
	{SVC_KILLING, PART_STOP_POST, H, WANT_DOWN, EVENT_TIMEOUT, 0,
		SVC_KILLING, ACTION_HOOK_SIGNAL, SIGKILL, NONE, 0},
};

static void
check_action(const struct one *one, size_t line, uint32_t n,
	enum plan_action_kind kind, int32_t arg)
{
	if (kind == NONE) {
		if (one->plan.actions > n)
			fail_msg("line %zu: action %u, kind %u arg %d", line, n,
				one->plan.action[n].kind,
				one->plan.action[n].arg);
		return;
	}
	if (one->plan.actions <= n || one->plan.action[n].kind != kind ||
		one->plan.action[n].arg != arg)
		fail_msg("line %zu: action %u is not %u of %d", line, n, kind,
			arg);
}

static void
test_plan_step_with_commands_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct line *l = &lines[i];
		struct one one;
		struct plan_svc *s = &one.svc[ONE];

		one_init(&one, TYPE_PROCESS, l->state, l->want, FATE_NONE);
		for (unsigned part = PART_START_PRE; part < PART_CHECK; part++)
			s->policy.hooks[part] = 1;
		s->policy.hooks[PART_START_PRE] = 2;
		s->part = (uint8_t)l->part;
		s->facts = (uint8_t)l->facts;
		plan_step(&one.plan, ONE, l->event, l->event_arg, PLAN_NONE);
		if (s->state != l->after)
			fail_msg("line %zu: %s, not %s", i,
				state_name(s->state), state_name(l->after));
		check_action(&one, i, 0, l->first, l->first_arg);
		check_action(&one, i, 1, l->second, l->second_arg);
	}
}

/* What it ended with decides after its stop-post, not how that ended. */
static void
test_plan_step_of_stop_post_keeps_the_reason(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->policy.hooks[PART_STOP_POST] = 1;
	s->policy.restart = RESTART_ON_ABNORMAL;
	plan_step(&one.plan, ONE, EVENT_EXITED, BAD, PLAN_NONE);
	assert_int_equal(s->fate, FATE_ENDED);
	plan_step(&one.plan, ONE, EVENT_HOOK_EXITED, SIGSEGV, PLAN_NONE);
	assert_int_equal(s->state, SVC_FAILED);
	assert_int_equal(s->reason, REASON_EXITED);
	assert_int_equal(s->reason_arg, 1);
}

/* A person who asks for it meanwhile gets it at once, and counts afresh. */
static void
test_plan_step_of_start_in_stop_post_starts_it_again(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->policy.hooks[PART_STOP_POST] = 1;
	s->policy.restart = RESTART_NEVER;
	plan_step(&one.plan, ONE, EVENT_EXITED, BAD, PLAN_NONE);
	plan_step(&one.plan, ONE, EVENT_START, 0, PLAN_NONE);
	plan_step(&one.plan, ONE, EVENT_HOOK_EXITED, 0, PLAN_NONE);
	assert_int_equal(s->state, SVC_WAITING);
}

/* What a forking one leaves may be found when it is to go already. */
static void
test_plan_step_of_main_found_late_is_told_to_end(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_FORKING, SVC_STARTING, WANT_UP, FATE_NONE);
	s->facts = FACT_MAIN;
	plan_step(&one.plan, ONE, EVENT_READY, 0, PLAN_NONE);
	assert_int_equal(s->state, SVC_STARTING);
	plan_step(&one.plan, ONE, EVENT_EXITED, 0, PLAN_NONE);
	check_action(&one, 0, 0, ACTION_SEARCH, 0);
	plan_step(&one.plan, ONE, EVENT_TIMEOUT, 0, PLAN_NONE);
	check_action(&one, 0, 1, ACTION_SIGNAL, SIGTERM);
	plan_step(&one.plan, ONE, EVENT_MAIN, 4711, PLAN_NONE);
	check_action(&one, 0, 2, ACTION_SIGNAL, SIGTERM);
	assert_int_equal(s->state, SVC_STOPPING);
	assert_int_equal(s->fate, FATE_RETRY);
}

static void
test_plan_step_of_no_main_found_fails_the_start(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_FORKING, SVC_STARTING, WANT_UP, FATE_NONE);
	s->facts = FACT_MAIN;
	plan_step(&one.plan, ONE, EVENT_EXITED, 0, PLAN_NONE);
	plan_step(&one.plan, ONE, EVENT_MAIN, -2, PLAN_NONE);
	assert_int_equal(s->state, SVC_BACKOFF);
	assert_int_equal(s->reason, REASON_NO_MAIN);
	assert_int_equal(s->reason_arg, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_plan_step_with_commands_follows_the_table),
		cmocka_unit_test(test_plan_step_of_stop_post_keeps_the_reason),
		cmocka_unit_test(
			test_plan_step_of_start_in_stop_post_starts_it_again),
		cmocka_unit_test(
			test_plan_step_of_main_found_late_is_told_to_end),
		cmocka_unit_test(
			test_plan_step_of_no_main_found_fails_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
