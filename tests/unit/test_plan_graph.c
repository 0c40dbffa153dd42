/*
 * The plan around one cell: what it says of a service, how services that
 * need each other hear of each other, and what happens when it is full.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "supervisor/plan_private.h"

#define COUNT 300u
#define NEEDS (EDGE_REQUIRES | EDGE_AFTER)

struct line {
	uint32_t from, to, flags;
};

static struct plan plan;
static struct plan_svc svc[COUNT];
static uint32_t changed[COUNT];
static uint32_t first[COUNT + 1], rfirst[COUNT + 1];
static struct graph_edge edges[COUNT], redges[COUNT];
static const struct plan_delays delays = {{100}, 1};
static const struct plan_policy policy = {.restart = RESTART_ALWAYS,
	.stop_signal = SIGTERM,
	.commands = 1,
	.remains = true,
	.start_timeout_ms = 60000,
	.stop_timeout_ms = 10000};

static void
put_edges(const struct line *lines, uint32_t count)
{
	uint32_t at = 0, rat = 0;

	for (uint32_t id = 0; id < plan.count; id++) {
		first[id] = at;
		rfirst[id] = rat;
		for (uint32_t i = 0; i < count; i++) {
			if (lines[i].from == id)
				edges[at++] = (struct graph_edge){
					lines[i].to, lines[i].flags};
			if (lines[i].to == id)
				redges[rat++] = (struct graph_edge){
					lines[i].from, lines[i].flags};
		}
	}
	first[plan.count] = at;
	rfirst[plan.count] = rat;
	plan.deps = (struct graph){plan.count, first, edges};
	plan.rdeps = (struct graph){plan.count, rfirst, redges};
}

/* Services 0 to count - 1, all down. */
static void
begin(uint32_t count, const struct line *lines, uint32_t edge_count)
{
	memset(&plan, 0xff, sizeof(plan));
	memset(svc, 0xff, sizeof(svc));
	plan.now_ms = 100000;
	plan.boot_ms = 200000;
	plan.count = count;
	plan.svc = svc;
	plan.changed = changed;
	plan.delays = &delays;
	plan_init(&plan);
	for (uint32_t id = 0; id < count; id++)
		plan_add(&plan, id, &policy);
	put_edges(lines, edge_count);
}

#define BEGIN(count, lines)                                                    \
	begin(count, lines, sizeof(lines) / sizeof((lines)[0]))

static void
take(uint32_t id, enum plan_event event)
{
	plan.actions = 0;
	plan_event(&plan, id, event, 0, PLAN_NONE);
	assert_false(plan_settle(&plan));
}

/* In that state, wanted, as if it had come there in the ordinary way. */
static void
set(uint32_t id, enum svc_state state, enum svc_want want, enum plan_fate fate)
{
	svc[id].state = (uint8_t)state;
	svc[id].want = (uint8_t)want;
	svc[id].fate = (uint8_t)fate;
	if (state_has_process(state) && state != SVC_DONE)
		svc[id].facts = FACT_MAIN;
}

static void
test_plan_init_begins_with_nothing(void **state)
{
	(void)state;
	begin(0, NULL, 0);
	assert_int_equal(plan.actions, 0);
	assert_int_equal(plan.changes, 0);
	assert_false(plan.is_finishing);
	assert_false(plan_settle(&plan));
	assert_true(plan_is_finished(&plan));
}

static void
test_plan_add_is_down_and_nobody_wants_it(void **state)
{
	(void)state;
	begin(2, NULL, 0);
	assert_int_equal(plan.changes, 2);
	assert_int_equal(changed[0], 0);
	assert_int_equal(changed[1], 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(svc[i].state, SVC_DOWN);
		assert_int_equal(svc[i].want, WANT_DOWN);
		assert_int_equal(svc[i].fate, FATE_NONE);
		assert_int_equal(svc[i].reason, REASON_NONE);
		assert_int_equal(svc[i].reason_svc, PLAN_NONE);
		assert_int_equal(svc[i].since_boot_ms, 200000);
		assert_int_equal(svc[i].deadline_ms, 0);
		assert_true(svc[i].is_used);
		assert_true(svc[i].is_changed);
		assert_false(svc[i].has_exit);
	}
}

static void
test_plan_define_of_a_bad_one_enters_its_state(void **state)
{
	static const enum svc_state bad[] = {SVC_MASKED, SVC_INVALID};
	struct plan_policy other = policy;

	(void)state;
	other.restart = RESTART_NEVER;
	for (int i = 0; i < 2; i++) {
		begin(1, NULL, 0);
		set(0, SVC_BACKOFF, WANT_UP, FATE_NONE);
		svc[0].deadline_ms = 5;
		svc[0].reason_svc = 0;
		plan.boot_ms = 300000;
		plan.changes = 0;
		svc[0].is_changed = false;
		assert_false(plan_define(&plan, 0, &other, bad[i]));
		assert_int_equal(svc[0].state, bad[i]);
		assert_int_equal(svc[0].want, WANT_DOWN);
		assert_int_equal(svc[0].deadline_ms, 0);
		assert_int_equal(svc[0].since_boot_ms, 300000);
		assert_int_equal(svc[0].reason,
			i == 0 ? REASON_NONE : REASON_DEFINITION);
		assert_int_equal(svc[0].reason_svc, PLAN_NONE);
		assert_int_equal(plan.changes, 1);
		/* What it was stays, for whoever shows it. */
		assert_int_equal(svc[0].policy.restart, RESTART_ALWAYS);
		/* Good again. */
		assert_false(plan_define(&plan, 0, &other, SVC_DOWN));
		assert_int_equal(svc[0].state, SVC_DOWN);
		assert_int_equal(svc[0].reason, REASON_NONE);
		assert_int_equal(svc[0].policy.restart, RESTART_NEVER);
	}
}

static void
test_plan_define_of_what_runs_leaves_it(void **state)
{
	struct plan_policy other = policy;

	(void)state;
	other.restart = RESTART_NEVER;
	for (unsigned s = 0; s < SVC_STATES; s++) {
		bool runs = s == SVC_STARTING || s == SVC_UP || s == SVC_DONE ||
			    s == SVC_STOPPING || s == SVC_KILLING;

		begin(1, NULL, 0);
		set(0, (enum svc_state)s, WANT_UP, FATE_NONE);
		assert_int_equal(plan_is_running(&svc[0]), runs);
		assert_int_equal(
			plan_define(&plan, 0, &other, SVC_MASKED), runs);
		assert_int_equal(svc[0].state, runs ? s : SVC_MASKED);
		if (s == SVC_MASKED || s == SVC_INVALID)
			continue;
		set(0, (enum svc_state)s, WANT_UP, FATE_RESTART);
		svc[0].reason = REASON_LOST;
		assert_false(plan_define(&plan, 0, &other, SVC_DOWN));
		assert_int_equal(svc[0].state, s);
		assert_int_equal(svc[0].want, WANT_UP);
		assert_int_equal(svc[0].fate, FATE_RESTART);
		assert_int_equal(svc[0].reason, REASON_LOST);
		assert_int_equal(svc[0].policy.restart, RESTART_NEVER);
	}
}

/* The letter is for wanted and not wanted: y, n. */
static void
test_plan_is_settled_of_each_state(void **state)
{
	static const char *const expected[SVC_STATES] = {
		[SVC_DOWN] = "yy",
		[SVC_WAITING] = "nn",
		[SVC_STARTING] = "nn",
		[SVC_UP] = "yn",
		[SVC_DONE] = "yn",
		[SVC_STOPPING] = "nn",
		[SVC_KILLING] = "nn",
		[SVC_BACKOFF] = "yn",
		[SVC_FAILED] = "yy",
		[SVC_SKIPPED] = "yn",
		[SVC_MASKED] = "yy",
		[SVC_INVALID] = "yy",
	};

	(void)state;
	begin(1, NULL, 0);
	for (unsigned s = 0; s < SVC_STATES; s++) {
		set(0, (enum svc_state)s, WANT_UP, FATE_NONE);
		assert_int_equal(
			plan_is_settled(&svc[0]), expected[s][0] == 'y');
		set(0, (enum svc_state)s, WANT_DOWN, FATE_NONE);
		assert_int_equal(
			plan_is_settled(&svc[0]), expected[s][1] == 'y');
		set(0, (enum svc_state)s, WANT_UP, FATE_RESTART);
		assert_false(plan_is_settled(&svc[0]));
	}
}

static void
test_plan_event_while_finishing_starts_nothing(void **state)
{
	static const enum plan_event events[] = {
		EVENT_START, EVENT_ONCE, EVENT_RESTART};

	(void)state;
	for (int i = 0; i < 3; i++) {
		begin(1, NULL, 0);
		plan_finish(&plan);
		take(0, events[i]);
		assert_int_equal(svc[0].state, SVC_DOWN);
		assert_int_equal(svc[0].want, WANT_DOWN);
		assert_int_equal(plan.actions, 0);
		begin(1, NULL, 0);
		take(0, events[i]);
		assert_int_equal(svc[0].state, SVC_STARTING);
	}
}

/* All that runs goes; what is bad or has failed stays as it is shown. */
static void
test_plan_finish_stops_what_runs(void **state)
{
	(void)state;
	begin(5, NULL, 0);
	set(0, SVC_UP, WANT_UP, FATE_NONE);
	set(1, SVC_FAILED, WANT_UP, FATE_NONE);
	set(2, SVC_MASKED, WANT_DOWN, FATE_NONE);
	set(3, SVC_BACKOFF, WANT_UP, FATE_NONE);
	set(4, SVC_UP, WANT_UP, FATE_NONE);
	svc[4].is_used = false;
	plan_finish(&plan);
	assert_false(plan_settle(&plan));
	assert_true(plan.is_finishing);
	assert_int_equal(svc[0].state, SVC_STOPPING);
	assert_int_equal(svc[1].state, SVC_FAILED);
	assert_int_equal(svc[2].state, SVC_MASKED);
	assert_int_equal(svc[3].state, SVC_DOWN);
	assert_int_equal(svc[4].state, SVC_UP);
	assert_int_equal(plan.actions, 1);
	assert_false(plan_is_finished(&plan));
	/* What KILL does not end is not waited for. */
	svc[0].is_stuck = true;
	assert_true(plan_is_finished(&plan));
	svc[0].is_stuck = false;
	take(0, EVENT_EXITED);
	assert_true(plan_is_finished(&plan));
}

/* None is lost, and none is written behind the end. */
static void
test_plan_settle_with_full_actions_goes_on_later(void **state)
{
	uint32_t spawned = 0;

	(void)state;
	begin(COUNT, NULL, 0);
	for (uint32_t id = 0; id < COUNT; id++)
		plan_event(&plan, id, EVENT_START, 0, PLAN_NONE);
	while (plan_settle(&plan)) {
		assert_in_range(plan.actions, PLAN_ACTIONS - 2, PLAN_ACTIONS);
		spawned += plan.actions;
		plan.actions = 0;
	}
	assert_int_equal(spawned + plan.actions, COUNT);
	for (uint32_t id = 0; id < COUNT; id++)
		assert_int_equal(svc[id].state, SVC_STARTING);
	/* An event may add two: so much room has to be left. */
	plan_mark(&plan, 0, MARK_LOOK);
	plan.actions = PLAN_ACTIONS - 1;
	assert_true(plan_settle(&plan));
	plan.actions = PLAN_ACTIONS - 2;
	assert_false(plan_settle(&plan));
	plan.actions = PLAN_ACTIONS;
	plan_act(&plan, ACTION_BUG, 0, 0);
	assert_int_equal(plan.actions, PLAN_ACTIONS);
	plan.actions = PLAN_ACTIONS - 1;
	plan_act(&plan, ACTION_BUG, 7, 8);
	assert_int_equal(plan.actions, PLAN_ACTIONS);
	assert_int_equal(plan.action[PLAN_ACTIONS - 1].kind, ACTION_BUG);
	assert_int_equal(plan.action[PLAN_ACTIONS - 1].svc, 7);
	assert_int_equal(plan.action[PLAN_ACTIONS - 1].arg, 8);
}

static void
test_plan_changed_lists_each_once(void **state)
{
	(void)state;
	begin(3, NULL, 0);
	plan.changes = 0;
	memset(changed, 0xff, sizeof(changed));
	for (int i = 0; i < 3; i++)
		svc[i].is_changed = false;
	plan_changed(&plan, 2);
	plan_changed(&plan, 0);
	plan_changed(&plan, 2);
	assert_int_equal(plan.changes, 2);
	assert_int_equal(changed[0], 2);
	assert_int_equal(changed[1], 0);
	plan_look_again(&plan, 1);
	assert_int_equal(plan.changes, 3);
	assert_int_equal(changed[2], 1);
}

static void
test_plan_wait_says_for_whom(void **state)
{
	static const struct line lines[] = {
		{0, 1, NEEDS}, {0, 2, NEEDS}, {0, 3, NEEDS}};

	(void)state;
	BEGIN(4, lines);
	svc[0].reason_arg = 7;
	take(0, EVENT_START);
	assert_int_equal(svc[0].state, SVC_WAITING);
	for (uint32_t dep = 1; dep < 4; dep++) {
		assert_int_equal(svc[dep].state, SVC_STARTING);
		assert_int_equal(svc[0].reason, REASON_DEP_WAIT);
		assert_int_equal(svc[0].reason_arg, 0);
		assert_int_equal(svc[0].reason_svc, dep);
		take(dep, EVENT_READY);
	}
	assert_int_equal(svc[0].state, SVC_STARTING);
	assert_int_equal(svc[0].reason, REASON_ASKED);
	assert_int_equal(svc[0].reason_svc, PLAN_NONE);
}

/* It looks from where it had to wait, and at those before once more. */
static void
test_plan_wait_looks_at_those_before_again(void **state)
{
	static const struct line lines[] = {
		{0, 1, NEEDS}, {0, 2, NEEDS}, {0, 3, NEEDS}};

	(void)state;
	BEGIN(4, lines);
	take(0, EVENT_START);
	take(1, EVENT_READY);
	take(2, EVENT_READY);
	assert_int_equal(svc[0].reason_svc, 3);
	take(1, EVENT_EXITED);
	assert_int_equal(svc[1].state, SVC_BACKOFF);
	take(3, EVENT_READY);
	assert_int_equal(svc[0].state, SVC_WAITING);
	assert_int_equal(svc[0].reason_svc, 1);
	take(1, EVENT_TIMEOUT);
	take(1, EVENT_READY);
	assert_int_equal(svc[0].state, SVC_STARTING);
}

static void
test_plan_start_of_what_cannot_be_fails_with_its_cause(void **state)
{
	static const struct line lines[] = {{0, 1, NEEDS}, {0, 2, NEEDS}};

	(void)state;
	BEGIN(3, lines);
	set(2, SVC_MASKED, WANT_DOWN, FATE_NONE);
	set(1, SVC_UP, WANT_UP, FATE_NONE);
	take(0, EVENT_START);
	assert_int_equal(svc[0].state, SVC_FAILED);
	assert_int_equal(svc[0].reason, REASON_DEP_FAILED);
	assert_int_equal(svc[0].reason_arg, 0);
	assert_int_equal(svc[0].reason_svc, 2);
}

/* The whole row comes down, the last first, and says because of whom. */
static void
test_plan_stop_of_a_chain_goes_from_its_end(void **state)
{
	static const struct line lines[] = {{1, 0, NEEDS}, {2, 1, NEEDS}};

	(void)state;
	BEGIN(3, lines);
	take(2, EVENT_START);
	for (uint32_t id = 0; id < 3; id++) {
		assert_int_equal(plan.action[0].kind, ACTION_SPAWN);
		assert_int_equal(plan.action[0].svc, id);
		take(id, EVENT_READY);
	}
	take(0, EVENT_STOP);
	assert_int_equal(svc[1].reason, REASON_DEP_STOPPED);
	assert_int_equal(svc[1].reason_svc, 0);
	assert_int_equal(svc[2].reason_svc, 1);
	for (uint32_t id = 3; id-- > 0;) {
		assert_int_equal(plan.actions, 1);
		assert_int_equal(plan.action[0].kind, ACTION_SIGNAL);
		assert_int_equal(plan.action[0].svc, id);
		assert_int_equal(plan.action[0].arg, SIGTERM);
		assert_int_equal(svc[id].want, WANT_DOWN);
		take(id, EVENT_EXITED);
		assert_int_equal(svc[id].state, SVC_DOWN);
	}
	assert_int_equal(plan.actions, 0);
}

/* requires alone: stopped with it, but in no order. */
static void
test_plan_stop_without_an_order_stops_both_at_once(void **state)
{
	static const struct line lines[] = {
		{1, 0, EDGE_REQUIRES}, {2, 0, EDGE_WANTS}};

	(void)state;
	BEGIN(3, lines);
	for (uint32_t id = 0; id < 3; id++)
		set(id, SVC_UP, WANT_UP, FATE_NONE);
	take(0, EVENT_STOP);
	assert_int_equal(svc[0].state, SVC_STOPPING);
	assert_int_equal(svc[1].state, SVC_STOPPING);
	assert_int_equal(svc[2].state, SVC_UP);
	assert_int_equal(plan.actions, 2);
}

/* A crash pulls up what it requires, not what it only wants. */
static void
test_plan_restart_by_itself_starts_what_it_requires(void **state)
{
	static const struct line lines[] = {
		{0, 1, NEEDS}, {0, 2, EDGE_WANTS | EDGE_AFTER}};

	(void)state;
	BEGIN(3, lines);
	set(0, SVC_BACKOFF, WANT_UP, FATE_NONE);
	take(0, EVENT_TIMEOUT);
	assert_int_equal(svc[1].state, SVC_STARTING);
	assert_int_equal(svc[2].state, SVC_DOWN);
	/* Somebody who asks gets both. */
	BEGIN(3, lines);
	take(0, EVENT_START);
	assert_int_equal(svc[1].state, SVC_STARTING);
	assert_int_equal(svc[2].state, SVC_STARTING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_init_begins_with_nothing),
		cmocka_unit_test(test_plan_add_is_down_and_nobody_wants_it),
		cmocka_unit_test(
			test_plan_define_of_a_bad_one_enters_its_state),
		cmocka_unit_test(test_plan_define_of_what_runs_leaves_it),
		cmocka_unit_test(test_plan_is_settled_of_each_state),
		cmocka_unit_test(
			test_plan_event_while_finishing_starts_nothing),
		cmocka_unit_test(test_plan_finish_stops_what_runs),
		cmocka_unit_test(
			test_plan_settle_with_full_actions_goes_on_later),
		cmocka_unit_test(test_plan_changed_lists_each_once),
		cmocka_unit_test(test_plan_wait_says_for_whom),
		cmocka_unit_test(test_plan_wait_looks_at_those_before_again),
		cmocka_unit_test(
			test_plan_start_of_what_cannot_be_fails_with_its_cause),
		cmocka_unit_test(test_plan_stop_of_a_chain_goes_from_its_end),
		cmocka_unit_test(
			test_plan_stop_without_an_order_stops_both_at_once),
		cmocka_unit_test(
			test_plan_restart_by_itself_starts_what_it_requires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
