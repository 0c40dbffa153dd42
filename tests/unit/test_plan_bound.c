/*
 * binds-to: what became of the other one while nobody could tell who is bound
 * to it. Random lives meet these moments too rarely to notice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/def.h"
#include "tests/unit/one.h"

#define NEEDS (EDGE_REQUIRES | EDGE_AFTER)

static struct one one;
static struct plan_svc *const s = &one.svc[ONE];

/* Makes ONE what is bound to service 0, or less than that. */
static void
bind(const struct graph_edge *to)
{
	static struct graph_edge deps[] = {{0, 0}, {ONE, NEEDS}};
	static struct graph_edge rdeps[] = {{ONE, 0}, {2, NEEDS}};
	static const uint32_t first[] = {0, 0, 1, 2};
	static const uint32_t rfirst[] = {0, 1, 2, 2};

	deps[0].flags = rdeps[0].flags = to->flags;
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
		bind(&(struct graph_edge){0, rows[i].flags});
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
		bind(&(struct graph_edge){0, NEEDS | EDGE_BINDS});
		if (!is_back)
			one.svc[0].state = SVC_BACKOFF;
		one_take(&one, EVENT_START);
		assert_int_equal(s->state, SVC_UP);
		assert_int_equal(s->want, WANT_UP);
		assert_int_equal(s->fate, is_back ? FATE_NONE : FATE_RESTART);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
