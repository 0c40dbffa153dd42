/*
 * Every state, wish, fate and event of one service against tables that were
 * written by hand, and docs/states.md, which is made from what the code does.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "tests/unit/cells.h"
#include "tests/unit/one.h"

/*
 * A letter an event, in the order of enum plan_event:
 *   start once stop restart reset, go dep-failed free,
 *   spawn-failed (ENOENT) ready exited (1) lost timeout,
 *   hook-exited (0) hook-lost hook-failed (ENOENT) reload main,
 *   unneeded conflict dep-exited dep-back, there condition (holds),
 *   unhealthy extend
 * What is found when all has settled:
 *   = the same state, nothing done      w waiting     s starting, SPAWN
 *   d down    u up    b backoff         f failed      D done
 *   t stopping, stop signal             k killing, SIGKILL
 *   r answers a reload                  h kills its command
 *   . BUG, the same state               ? cannot come about
 */
typedef const char *row[SVC_STATES];

static const row up = {
	[SVC_DOWN] = "ss=s=.=.........=.........",
	[SVC_WAITING] = "==d==sf.........=.dd..==..",
	[SVC_STARTING] = "==tt=.t?fubbtsbf==ttt....=",
	[SVC_UP] = "==tt=.t?..bbhrrrr.ttt...t.",
	[SVC_STOPPING] = "=====.=.s=sskttt=t==.....=",
	[SVC_KILLING] = "=====.=.s=ssk====k==.....=",
	[SVC_BACKOFF] = "ssds=.f.....s...=.dd.s....",
	[SVC_FAILED] = "ssdsd.=.........=.........",
	[SVC_SKIPPED] = "ssds=.=.........=.d.......",
	[SVC_MASKED] = "=====.=.........=.........",
	[SVC_INVALID] = "=====.=.........=.........",
};

/* Its end is the end of it. */
static const row once = {
	[SVC_WAITING] = "==d==sf.........=.dd..==..",
	[SVC_STARTING] = "==tt=.t?fuddtsdf==ttt....=",
	[SVC_UP] = "==tt=.t?..ddhrrrr.ttt...t.",
	[SVC_STOPPING] = "=====.=.s=sskttt=t==.....=",
	[SVC_KILLING] = "=====.=.s=ssk====k==.....=",
	[SVC_BACKOFF] = "ssds=.f.....s...=.dd.s....",
	[SVC_FAILED] = "ssdsd.=.........=.........",
	[SVC_SKIPPED] = "ssds=.=.........=.d.......",
};

/* As in the rows of a fate, it is held by who needs it until `free`. */
static const row down = {
	[SVC_DOWN] = "ss=s=.=.........=.........",
	[SVC_STARTING] = "=====.=tduddtddd=====....=",
	[SVC_UP] = "=====.=t..ddhrrrr.===...=.",
	[SVC_STOPPING] = "=====.=.d=ddkttt=t==.....=",
	[SVC_KILLING] = "=====.=.d=ddk====k==.....=",
	[SVC_FAILED] = "ssdsd.=.........=.........",
	[SVC_MASKED] = "=====.=.........=.........",
	[SVC_INVALID] = "=====.=.........=.........",
};

static const row restart = {
	[SVC_STARTING] = "=====.=tsusstsss=====....=",
	[SVC_UP] = "=====.=t..sshrrrr.===...=.",
	[SVC_STOPPING] = "=====.=.s=sskttt=t==.....=",
	[SVC_KILLING] = "=====.=.s=ssk====k==.....=",
};

static const row retry_up = {
	[SVC_STOPPING] = "=====.=.b=bbkttt=t==.....=",
	[SVC_KILLING] = "=====.=.b=bbk====k==.....=",
};

static const row retry_once = {
	[SVC_STOPPING] = "=====.=.f=ffkttt=t==.....=",
	[SVC_KILLING] = "=====.=.f=ffk====k==.....=",
};

/* It had ended by itself, badly. */
static const row ended_once = {
	[SVC_STOPPING] = "=====.=.d=ddkttt=t==.....=",
	[SVC_KILLING] = "=====.=.d=ddk====k==.....=",
};

static const row doomed = {
	[SVC_STARTING] = "=====.=tfufftfff=====....=",
	[SVC_UP] = "=====.=t..ffhrrrr.===...=.",
	[SVC_STOPPING] = "=====.=.f=ffkttt=t==.....=",
	[SVC_KILLING] = "=====.=.f=ffk====k==.....=",
};

/* A oneshot that is not restarted: only what differs. */
static const row oneshot_up = {
	[SVC_STARTING] = "==tt=.t?f=fftsff==ttt....=",
	[SVC_DONE] = "==ds=.f?........=.dds.....",
};
static const row oneshot_once = {
	[SVC_STARTING] = "==tt=.t?f=ddtsdf==ttt....=",
	[SVC_DONE] = "==ds=.f?........=.dds.....",
};
static const row oneshot_down = {
	[SVC_STARTING] = "=====.=td=ddtddd=====....=",
	[SVC_DONE] = "=====.=d........=.===.....",
};
static const row oneshot_restart = {
	[SVC_STARTING] = "=====.=ts=sstsss=====....=",
	[SVC_DONE] = "=====.=s........=.===.....",
};
static const row oneshot_retry = {
	[SVC_STOPPING] = "=====.=.f=ffkttt=t==.....=",
	[SVC_KILLING] = "=====.=.f=ffk====k==.....=",
};
static const row oneshot_doomed = {
	[SVC_STARTING] = "=====.=tf=fftfff=====....=",
	[SVC_DONE] = "=====.=f........=.===.....",
};

/* No process: nothing to wait for. */
static const row target_up = {
	[SVC_DOWN] = "uu=u=.=.........=.........",
	[SVC_WAITING] = "==d==uf.........=.dd..==..",
	[SVC_UP] = "==d==.f?..??????r.dd=...?.",
	[SVC_BACKOFF] = "uudu=.f.....u...=.dd.u....",
	[SVC_FAILED] = "uudud.=.........=.........",
	[SVC_SKIPPED] = "uudu=.=.........=.d.......",
};
static const row target_down = {
	[SVC_DOWN] = "uu=u=.=.........=.........",
	[SVC_UP] = "=====.=d..??????r.===...?.",
	[SVC_FAILED] = "uudud.=.........=.........",
};
static const row target_restart = {[SVC_UP] = "=====.==..??????r.===...?."};
static const row target_doomed = {[SVC_UP] = "=====.=f..??????r.===...?."};

static const row *const process_rows[SVC_WANTS][PLAN_FATES] = {
	[WANT_DOWN] = {&down},
	[WANT_UP] = {&up, &restart, &retry_up, &doomed, &retry_up, &retry_up},
	[WANT_ONCE] = {&once, &restart, &retry_once, &doomed, &ended_once,
		&retry_once},
};
static const row *const oneshot_rows[SVC_WANTS][PLAN_FATES] = {
	[WANT_DOWN] = {&oneshot_down},
	[WANT_UP] = {&oneshot_up, &oneshot_restart, &oneshot_retry,
		&oneshot_doomed, &oneshot_retry, &oneshot_retry},
	[WANT_ONCE] = {&oneshot_once, &oneshot_restart, &oneshot_retry,
		&oneshot_doomed, NULL, &oneshot_retry},
};
static const row *const target_rows[SVC_WANTS][PLAN_FATES] = {
	[WANT_DOWN] = {&target_down},
	[WANT_UP] = {&target_up, &target_restart, NULL, &target_doomed},
	[WANT_ONCE] = {&target_up, &target_restart, NULL, &target_doomed},
};

/* Of another type than process: its own row, else that of a process. */
static char
expected(enum svc_type type, enum svc_state state, enum svc_want want,
	enum plan_fate fate, enum plan_event event)
{
	const row *own = type == TYPE_ONESHOT  ? oneshot_rows[want][fate]
			 : type == TYPE_TARGET ? target_rows[want][fate]
					       : NULL;

	/* It runs at no times; test_plan_timer.c is about those that do. */
	if (event == EVENT_ARM || event == EVENT_DUE)
		return '=';
	if (!own || !(*own)[state])
		own = process_rows[want][fate];
	assert_non_null(own);
	assert_non_null((*own)[state]);
	return (*own)[state][event];
}

static char
found(const struct one *one, enum svc_state before)
{
	static const char letters[SVC_STATES + 1] = "dwsuDtkbfSMI";
	const struct plan_action *action = one_action(one);
	enum svc_state after = (enum svc_state)one->svc[ONE].state;

	if (!action)
		return after == before		       ? '='
		       : strchr("stk", letters[after]) ? '!'
						       : letters[after];
	if (action->kind == ACTION_BUG)
		return after == before ? '.' : '!';
	if (action->kind == ACTION_RELOADED)
		return after == before ? 'r' : '!';
	if (action->kind == ACTION_HOOK_SIGNAL)
		return after == before && action->arg == SIGKILL ? 'h' : '!';
	if (action->kind == ACTION_SPAWN)
		return after == SVC_STARTING ? 's' : '!';
	if (after == SVC_STOPPING)
		return action->arg == SIGTERM ? 't' : '!';
	return after == SVC_KILLING && action->arg == SIGKILL ? 'k' : '!';
}

static void
check_cell(enum svc_type type, enum svc_state state, enum svc_want want,
	enum plan_fate fate, enum plan_event event)
{
	struct one one;
	const struct plan_svc *s = &one.svc[ONE];
	const struct plan_action *action;
	char want_letter;
	char letter;

	one_init(&one, type, state, want, fate);
	one_take(&one, event);
	assert_true(s->state < SVC_STATES);
	action = one_action(&one);
	if ((action && action->kind == ACTION_BUG) ==
		cell_is_possible(state, event))
		fail_msg("%s in %s: BUG or not", event_name(event),
			state_name(state));
	if (one_is_nonsense(type, state, want, fate))
		return;
	want_letter = expected(type, state, want, fate, event);
	letter = found(&one, state);
	if (want_letter != '?' && letter != want_letter)
		fail_msg("%s %s, want %s, fate %s, %s: '%c' (now %s), not '%c'",
			type_name(type), state_name(state), want_name(want),
			fate_name(fate), event_name(event), letter,
			state_name(s->state), want_letter);
	if ((s->deadline_ms != 0) != cell_needs_deadline(s))
		fail_msg("%s, want %s, %s: deadline", state_name(state),
			want_name(want), event_name(event));
	if (event == EVENT_STOP && s->want != WANT_DOWN)
		fail_msg("stop in %s: still wanted", state_name(state));
}

static void
check_type(enum svc_type type)
{
	for (unsigned s = 0; s < SVC_STATES; s++)
		for (unsigned w = 0; w < SVC_WANTS; w++)
			for (unsigned f = 0; f < PLAN_FATES; f++)
				for (unsigned e = 0; e < PLAN_EVENTS; e++)
					check_cell(type, (enum svc_state)s,
						(enum svc_want)w,
						(enum plan_fate)f,
						(enum plan_event)e);
}

static void
test_plan_step_of_a_process_follows_the_table(void **state)
{
	(void)state;
	check_type(TYPE_PROCESS);
}

static void
test_plan_step_of_a_oneshot_follows_the_table(void **state)
{
	(void)state;
	check_type(TYPE_ONESHOT);
}

/* What forks: by the time that it is up its main process is known. */
static void
test_plan_step_of_a_forking_one_follows_the_table(void **state)
{
	(void)state;
	check_type(TYPE_FORKING);
}

static void
test_plan_step_of_a_target_follows_the_table(void **state)
{
	(void)state;
	check_type(TYPE_TARGET);
}

/* H15: what was armed for a start or a restart is gone with the stop. */
static void
test_plan_stop_of_backoff_disarms_it(void **state)
{
	struct one one;

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_BACKOFF, WANT_UP, FATE_NONE);
	one_take(&one, EVENT_STOP);
	assert_int_equal(one.svc[ONE].state, SVC_DOWN);
	assert_int_equal(one.svc[ONE].deadline_ms, 0);
	assert_int_equal(one.plan.actions, 0);
}

/* H14: the second restart within the window is one too many. */
static void
test_plan_exit_beyond_the_limit_fails(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	s->policy.limit_count = 1;
	s->policy.limit_ms = 10000;
	one_take(&one, EVENT_EXITED);
	assert_int_equal(s->state, SVC_BACKOFF);
	one_take(&one, EVENT_TIMEOUT);
	one_take(&one, EVENT_READY);
	one_take(&one, EVENT_EXITED);
	assert_int_equal(s->state, SVC_FAILED);
	assert_int_equal(s->reason, REASON_LIMIT);
}

/* One that was started too often needs a person, who starts from nothing. */
static void
test_plan_start_of_failed_forgets_failures(void **state)
{
	struct one one;
	struct plan_svc *s = &one.svc[ONE];

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_FAILED, WANT_UP, FATE_NONE);
	s->failures = 5;
	s->limit_used = 5;
	s->restarts = 5;
	one_take(&one, EVENT_START);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->failures + s->limit_used + s->restarts, 0);
}

/* Three that need each other in a ring, and one of them can never be. */
static void
test_plan_start_of_a_ring_that_cannot_start_ends(void **state)
{
	static const struct graph_edge edges[] = {{1, EDGE_WANTS},
		{2, EDGE_REQUIRES}, {0, EDGE_REQUIRES}, {2, EDGE_REQUIRES}};
	static const struct graph_edge redges[] = {{1, EDGE_REQUIRES},
		{0, EDGE_WANTS}, {0, EDGE_REQUIRES}, {1, EDGE_REQUIRES}};
	static const uint32_t first[] = {0, 2, 4, 4};
	static const uint32_t rfirst[] = {0, 1, 2, 4};
	struct one one;

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_FAILED, WANT_UP, FATE_NONE);
	one.plan.deps = (struct graph){3, first, edges};
	one.plan.rdeps = (struct graph){3, rfirst, redges};
	one.svc[0].state = SVC_FAILED;
	one.svc[2].state = SVC_MASKED;
	one.svc[2].want = WANT_DOWN;
	one_take(&one, EVENT_START);
	assert_int_equal(one.svc[0].state, SVC_FAILED);
	assert_int_equal(one.svc[1].state, SVC_FAILED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_step_of_a_process_follows_the_table),
		cmocka_unit_test(test_plan_step_of_a_oneshot_follows_the_table),
		cmocka_unit_test(test_plan_step_of_a_target_follows_the_table),
		cmocka_unit_test(
			test_plan_step_of_a_forking_one_follows_the_table),
		cmocka_unit_test(test_plan_stop_of_backoff_disarms_it),
		cmocka_unit_test(test_plan_exit_beyond_the_limit_fails),
		cmocka_unit_test(test_plan_start_of_failed_forgets_failures),
		cmocka_unit_test(
			test_plan_start_of_a_ring_that_cannot_start_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
