#include "tests/unit/one.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "tests/unit/cells.h"

#define EDGE (EDGE_REQUIRES | EDGE_AFTER)

static const struct graph_edge deps_edges[] = {{0, EDGE}, {1, EDGE}};
static const uint32_t deps_first[] = {0, 0, 1, 2};
static const struct graph_edge rdeps_edges[] = {{1, EDGE}, {2, EDGE}};
static const uint32_t rdeps_first[] = {0, 1, 2, 2};
static const struct plan_delays delays = {{100}, 1};

static const struct plan_policy policy = {.restart = RESTART_ALWAYS,
	.stop_signal = SIGTERM,
	.commands = 1,
	.remains = true,
	.start_timeout_ms = 60000,
	.stop_timeout_ms = 10000};

static bool
has_process(const struct plan_svc *s)
{
	return s->state == SVC_STARTING || s->state == SVC_UP ||
	       s->state == SVC_STOPPING || s->state == SVC_KILLING;
}

bool
one_is_nonsense(enum svc_type type, enum svc_state state, enum svc_want want,
	enum plan_fate fate)
{
	bool runs = state == SVC_STARTING || state == SVC_UP ||
		    state == SVC_DONE || state == SVC_STOPPING ||
		    state == SVC_KILLING;
	bool is_stopped = state == SVC_STOPPING || state == SVC_KILLING;

	if (fate != FATE_NONE && (!runs || want == WANT_DOWN))
		return true;
	if ((fate == FATE_RETRY || fate == FATE_ENDED ||
		    fate == FATE_UNHEALTHY) &&
		!is_stopped)
		return true;
	if (want == WANT_DOWN &&
		(state == SVC_WAITING || state == SVC_BACKOFF ||
			state == SVC_SKIPPED))
		return true;
	if (want != WANT_DOWN && (state == SVC_DOWN || state == SVC_MASKED ||
					 state == SVC_INVALID))
		return true;
	if (type == TYPE_TARGET)
		return runs && state != SVC_UP;
	return state == (type == TYPE_ONESHOT ? SVC_UP : SVC_DONE);
}

void
one_init(struct one *one, enum svc_type type, enum svc_state state,
	enum svc_want want, enum plan_fate fate)
{
	struct plan *p = &one->plan;
	struct plan_svc *s = &one->svc[ONE];

	memset(one, 0, sizeof(*one));
	p->now_ms = 100000;
	p->boot_ms = 200000;
	p->count = 3;
	p->svc = one->svc;
	p->changed = one->changed;
	p->delays = &delays;
	p->deps = (struct graph){3, deps_first, deps_edges};
	p->rdeps = (struct graph){3, rdeps_first, rdeps_edges};
	plan_init(p);
	for (uint32_t id = 0; id < 3; id++)
		plan_add(p, id, &policy);
	one->svc[0].state = state == SVC_WAITING ? SVC_STARTING : SVC_UP;
	one->svc[0].want = WANT_UP;
	s->policy.type = (uint8_t)type;
	if (type == TYPE_ONESHOT)
		s->policy.restart = RESTART_NEVER;
	s->runs_as = (uint8_t)type;
	s->state = (uint8_t)state;
	s->want = (uint8_t)want;
	s->fate = (uint8_t)fate;
	s->deadline_ms = cell_needs_deadline(s) ? p->now_ms + 1 : 0;
	s->has_exit = !has_process(s);
	if (has_process(s) && type != TYPE_TARGET)
		s->facts = FACT_MAIN;
	if (has_process(s) && type == TYPE_FORKING)
		s->facts |= FACT_FOUND;
	if (plan_is_leaving(s))
		one->svc[2].state = SVC_KILLING;
}

/* What ends is there: the command that the state speaks of most. */
static void
let_hook_run(struct plan_svc *s)
{
	s->facts |= FACT_HOOK;
	if (s->state == SVC_STARTING) {
		s->facts = FACT_HOOK;
		s->part = PART_START_PRE;
	} else if (s->state == SVC_UP) {
		s->part = PART_RELOAD;
	} else {
		s->part = PART_STOP;
	}
}

void
one_take(struct one *one, enum plan_event event)
{
	struct plan_svc *s = &one->svc[ONE];
	int32_t arg =
		event == EVENT_EXITED ? 1 << 8
		: event == EVENT_MAIN ? 4711
		: event == EVENT_SPAWN_FAILED || event == EVENT_HOOK_FAILED
			? ENOENT
			: 0;
	bool is_of_hook = event == EVENT_HOOK_EXITED ||
			  event == EVENT_HOOK_LOST ||
			  event == EVENT_HOOK_FAILED ||
			  (event == EVENT_TIMEOUT && s->state == SVC_UP);

	if (is_of_hook && cell_is_possible((enum svc_state)s->state, event))
		let_hook_run(s);

	plan_event(&one->plan, ONE, event, arg,
		event == EVENT_DEP_FAILED ? 0 : PLAN_NONE);
	plan_settle(&one->plan);
}

const struct plan_action *
one_action(const struct one *one)
{
	const struct plan_action *last = NULL;

	for (uint32_t i = 0; i < one->plan.actions; i++)
		if (one->plan.action[i].svc == ONE)
			last = &one->plan.action[i];
	return last;
}
