/*
 * binds-to, on-failure and essential: what comes of others in moments that
 * random lives meet too rarely, or about which they have no rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/reason.h"
#include "tests/unit/one.h"

#define NEEDS (EDGE_REQUIRES | EDGE_AFTER)

static struct one one;
static struct plan_svc *const s = &one.svc[ONE];

/* What service 0 is to ONE. */
static void
put_edge(uint32_t flags)
{
	static struct graph_edge deps[] = {{0, 0}, {ONE, NEEDS}};
	static struct graph_edge rdeps[] = {{ONE, 0}, {2, NEEDS}};
	static const uint32_t first[] = {0, 0, 1, 2};
	static const uint32_t rfirst[] = {0, 1, 2, 2};

	deps[0].flags = rdeps[0].flags = flags;
	one.plan.deps = (struct graph){3, first, deps};
	one.plan.rdeps = (struct graph){3, rfirst, rdeps};
}

/* What it is bound to by a new definition has to be there. */
static void
test_plan_define_of_bound_ones_goes_along_with_what_is_away(void **state)
{
	static const struct {
		enum svc_state state;
		enum svc_want want;
		enum svc_type type;
		uint32_t flags;
		bool goes;
	} rows[] = {
		{SVC_BACKOFF, WANT_UP, TYPE_PROCESS, NEEDS | EDGE_BINDS, true},
		{SVC_WAITING, WANT_UP, TYPE_PROCESS, NEEDS | EDGE_BINDS, true},
		{SVC_STARTING, WANT_UP, TYPE_PROCESS, NEEDS | EDGE_BINDS, true},
		{SVC_STARTING, WANT_ONCE, TYPE_TARGET, NEEDS | EDGE_BINDS,
			true},
		{SVC_UP, WANT_UP, TYPE_PROCESS, NEEDS | EDGE_BINDS, false},
		{SVC_STARTING, WANT_UP, TYPE_ONESHOT, NEEDS | EDGE_BINDS,
			false},
		{SVC_STARTING, WANT_DOWN, TYPE_PROCESS, NEEDS | EDGE_BINDS,
			false},
		{SVC_BACKOFF, WANT_UP, TYPE_PROCESS, NEEDS, false},
		{SVC_BACKOFF, WANT_UP, TYPE_PROCESS, EDGE_REQUIRES | EDGE_BINDS,
			false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
		put_edge(rows[i].flags);
		one.svc[0].state = (uint8_t)rows[i].state;
		one.svc[0].want = (uint8_t)rows[i].want;
		one.svc[0].runs_as = (uint8_t)rows[i].type;
		plan_define(&one.plan, ONE, &s->policy, SVC_DOWN);
		plan_settle(&one.plan);
		assert_int_equal(
			s->state, rows[i].goes ? SVC_STOPPING : SVC_UP);
		assert_int_equal(s->want, WANT_UP);
		if (rows[i].goes) {
			assert_int_equal(s->fate, FATE_RESTART);
			assert_int_equal(s->reason, REASON_DEP_EXITED);
			assert_int_equal(s->reason_svc, 0);
		}
	}
}

/* It was about to go when what it is bound to crashed, and heard nothing. */
static void
test_plan_start_of_a_bound_one_that_was_to_go_goes_along(void **state)
{
	(void)state;
	for (int is_back = 0; is_back < 2; is_back++) {
		one_init(&one, TYPE_PROCESS, SVC_UP, WANT_DOWN, FATE_NONE);
		put_edge(NEEDS | EDGE_BINDS);
		if (!is_back)
			one.svc[0].state = SVC_BACKOFF;
		one_take(&one, EVENT_START);
		assert_int_equal(s->state, SVC_UP);
		assert_int_equal(s->want, WANT_UP);
		assert_int_equal(s->fate, is_back ? FATE_NONE : FATE_RESTART);
	}
}

/* ONE fails for good; who is called for help is service 0. */
static void
test_plan_on_failure_starts_what_may_be_started(void **state)
{
	static const struct {
		uint32_t flags;
		enum svc_state state;
		enum reason reason;
		bool is_finishing;
		bool comes;
	} rows[] = {
		{EDGE_ON_FAILURE, SVC_DOWN, REASON_NONE, false, true},
		{EDGE_ON_FAILURE, SVC_FAILED, REASON_LIMIT, false, true},
		{EDGE_ON_FAILURE, SVC_FAILED, REASON_STILL_RUNNING, false,
			false},
		{EDGE_ON_FAILURE, SVC_DOWN, REASON_NONE, true, false},
		{EDGE_WANTS, SVC_DOWN, REASON_NONE, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_svc *help = &one.svc[0];

		one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
		put_edge(rows[i].flags);
		s->policy.restart = RESTART_NEVER;
		help->state = (uint8_t)rows[i].state;
		help->want = rows[i].state == SVC_DOWN ? WANT_DOWN : WANT_UP;
		help->reason = (uint8_t)rows[i].reason;
		plan_event(&one.plan, ONE, EVENT_EXITED, 1 << 8, PLAN_NONE);
		assert_int_equal(s->state, SVC_FAILED);
		/* The end of everything may come before it is looked at. */
		one.plan.is_finishing = rows[i].is_finishing;
		plan_settle(&one.plan);
		assert_int_equal(help->state,
			rows[i].comes ? SVC_STARTING : rows[i].state);
		/* Nobody needs it: it stays until it is stopped. */
		if (rows[i].comes)
			assert_false(help->is_pulled);
	}
}

/* Two that call each other: the first failure starts the other one, no more. */
static void
test_plan_on_failure_of_two_for_each_other_ends(void **state)
{
	static const struct graph_edge edges[] = {
		{ONE, EDGE_ON_FAILURE}, {0, EDGE_ON_FAILURE}};
	static const uint32_t first[] = {0, 1, 2, 2};

	(void)state;
	for (int has_own = 0; has_own < 2; has_own++) {
		one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
		if (has_own)
			one.plan.deps = one.plan.rdeps =
				(struct graph){3, first, edges};
		else
			put_edge(EDGE_ON_FAILURE);
		s->policy.restart = RESTART_NEVER;
		one.svc[0].state = SVC_FAILED;
		one_take(&one, EVENT_EXITED);
		assert_int_equal(s->state, SVC_FAILED);
		assert_int_equal(
			one.svc[0].state, has_own ? SVC_FAILED : SVC_STARTING);
	}
}

/* Whom others would call is none of its business. */
static void
test_plan_on_failure_of_another_is_not_looked_at(void **state)
{
	static const struct graph_edge edges[] = {
		{0, EDGE_AFTER}, {0, EDGE_ON_FAILURE}};
	static const struct graph_edge back[] = {
		{ONE, EDGE_AFTER}, {2, EDGE_ON_FAILURE}};
	static const uint32_t first[] = {0, 0, 1, 2};
	static const uint32_t rfirst[] = {0, 2, 2, 2};

	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
	one.plan.deps = (struct graph){3, first, edges};
	one.plan.rdeps = (struct graph){3, rfirst, back};
	s->policy.restart = RESTART_NEVER;
	one.svc[0].state = SVC_DOWN;
	one.svc[0].want = WANT_DOWN;
	one_take(&one, EVENT_EXITED);
	assert_int_equal(s->state, SVC_FAILED);
	assert_int_equal(one.svc[0].state, SVC_DOWN);
}

/* The first one is the end of everything, and gives its status. */
static void
test_plan_end_of_an_essential_one_is_told_once(void **state)
{
	static const struct {
		bool is_essential;
		bool is_finishing;
		uint32_t ended, then;
	} rows[] = {
		{true, false, PLAN_NONE, ONE},
		{true, false, 2, 2},
		{false, false, PLAN_NONE, PLAN_NONE},
		{true, true, PLAN_NONE, PLAN_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one_init(&one, TYPE_PROCESS, SVC_UP, WANT_UP, FATE_NONE);
		s->policy.restart = RESTART_NEVER;
		s->policy.is_essential = rows[i].is_essential;
		one.plan.is_finishing = rows[i].is_finishing;
		one.plan.ended = rows[i].ended;
		one_take(&one, EVENT_EXITED);
		assert_int_equal(one.plan.ended, rows[i].then);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_plan_define_of_bound_ones_goes_along_with_what_is_away),
		cmocka_unit_test(
			test_plan_start_of_a_bound_one_that_was_to_go_goes_along),
		cmocka_unit_test(
			test_plan_on_failure_starts_what_may_be_started),
		cmocka_unit_test(
			test_plan_on_failure_of_two_for_each_other_ends),
		cmocka_unit_test(
			test_plan_on_failure_of_another_is_not_looked_at),
		cmocka_unit_test(
			test_plan_end_of_an_essential_one_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
