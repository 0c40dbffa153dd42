/*
 * What comes of other services and of the world: ways out of a state that are
 * not its own doing.
 */
#include <stddef.h>

#include "lib/def.h"
#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

void
run_drop(struct plan *p, uint32_t id, enum reason reason, uint32_t cause)
{
	run_leave(p, id, reason, cause);
	run_down(p, id);
}

void
run_go_along(struct plan *p, uint32_t id, uint32_t with)
{
	p->svc[id].fate = FATE_RESTART;
	p->svc[id].cursor = PLAN_NONE;
	run_because(p, id, REASON_DEP_EXITED, 0, with);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS | MARK_PUSH);
}

void
run_over(struct plan *p, uint32_t id)
{
	if (p->svc[id].policy.is_essential && !p->is_finishing &&
		p->ended == PLAN_NONE)
		p->ended = id;
}

void
run_answered(struct plan *p, uint32_t id, unsigned what)
{
	struct plan_svc *s = &p->svc[id];

	s->asking = 0;
	s->answered = (uint8_t)(s->answered | what);
	plan_changed(p, id);
	plan_mark(p, id, MARK_LOOK);
}

void
run_verdict(struct plan *p, uint32_t id, int32_t arg)
{
	int32_t which = (arg & 0xff) == PLAN_CONDITION_UNSURE ? -1 : arg >> 8;

	switch (arg & 0xff) {
	case PLAN_CONDITION_HOLDS:
		run_answered(p, id, PLAN_ASK_CONDITION);
		break;
	case PLAN_CONDITION_SKIP:
		run_because(p, id, REASON_CONDITION, which, PLAN_NONE);
		run_enter_there(p, id, SVC_SKIPPED);
		break;
	default:
		run_because(p, id, REASON_ASSERT, which, PLAN_NONE);
		run_fail(p, id);
		break;
	}
}

/* One at a time, in the order of the bits. */
bool
plan_ask(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];
	unsigned open = (unsigned)s->policy.asks & ~(unsigned)s->answered;

	if (open == 0)
		return false;
	if (s->asking != 0)
		return true;
	s->asking = (open & PLAN_ASK_WAIT) != 0 ? PLAN_ASK_WAIT
						: PLAN_ASK_CONDITION;
	run_because(p, id,
		s->asking == PLAN_ASK_WAIT ? REASON_WAIT_FOR : REASON_LOOKING,
		0, PLAN_NONE);
	plan_act(p, ACTION_ASK, id, s->asking);
	return true;
}

/* It runs, and is not on its way down. */
static bool
stays(const struct plan_svc *s)
{
	return (s->state == SVC_STARTING || s->state == SVC_UP ||
		       s->state == SVC_DONE) &&
	       !plan_is_leaving(s);
}

/* It ended by itself: what is bound to it ends too. */
static void
end_bound(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	for (uint32_t e = p->rdeps.first[id]; e < p->rdeps.first[id + 1]; e++) {
		uint32_t user = p->rdeps.edge[e].to;
		const struct plan_svc *u = &p->svc[user];

		if ((p->rdeps.edge[e].flags & EDGE_BINDS) == 0 || !stays(u))
			continue;
		/* Of a failure they hear as those that require it do. */
		if (s->want == WANT_DOWN)
			plan_step(p, user, EVENT_STOP, 0, id);
		else if (s->state != SVC_FAILED)
			plan_step(p, user, EVENT_DEP_EXITED, 0, id);
	}
}

/* Its restart delay was for want of what has come up just now. */
static void
wake_backoff(struct plan *p, uint32_t id)
{
	if (!plan_gate_is_there(&p->svc[id]))
		return;
	for (uint32_t e = p->rdeps.first[id]; e < p->rdeps.first[id + 1]; e++)
		if ((p->rdeps.edge[e].flags & EDGE_NEEDS) != 0 &&
			p->svc[p->rdeps.edge[e].to].state == SVC_BACKOFF)
			plan_step(
				p, p->rdeps.edge[e].to, EVENT_DEP_BACK, 0, id);
}

static bool
has_edge(const struct graph *graph, uint32_t id, unsigned flags)
{
	for (uint32_t e = graph->first[id]; e < graph->first[id + 1]; e++)
		if ((graph->edge[e].flags & flags) != 0)
			return true;
	return false;
}

/*
 * on-failure. One that has failed itself and has such a one of its own is left
 * alone: two that call each other would go on for ever.
 */
static void
call_for_help(struct plan *p, uint32_t id)
{
	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		uint32_t help = p->deps.edge[e].to;
		struct plan_svc *h = &p->svc[help];

		if ((p->deps.edge[e].flags & EDGE_ON_FAILURE) == 0 ||
			p->is_finishing || plan_is_barred(h) ||
			h->round == p->round ||
			(h->state == SVC_FAILED &&
				has_edge(&p->deps, help, EDGE_ON_FAILURE)))
			continue;
		h->round = p->round;
		plan_step(p, help, EVENT_START, 0, PLAN_NONE);
	}
}

/* What it is bound to may have ended while nobody could tell it. */
static void
stay_bound(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		const struct graph_edge *edge = &p->deps.edge[e];
		const struct plan_svc *d = &p->svc[edge->to];

		if ((edge->flags & EDGE_BINDS) != 0 &&
			(edge->flags & EDGE_AFTER) != 0 && stays(s) &&
			d->want != WANT_DOWN && d->runs_as != TYPE_ONESHOT &&
			(d->state == SVC_WAITING || d->state == SVC_STARTING ||
				d->state == SVC_BACKOFF))
			plan_step(p, id, EVENT_DEP_EXITED, 0, edge->to);
	}
}

void
plan_push_away(struct plan *p, uint32_t id)
{
	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		uint32_t other = p->deps.edge[e].to;
		const struct plan_svc *o = &p->svc[other];

		if ((p->deps.edge[e].flags & EDGE_CONFLICTS) != 0 &&
			o->want != WANT_DOWN &&
			(o->state == SVC_WAITING || o->state == SVC_BACKOFF ||
				plan_is_running(o)))
			plan_step(p, other, EVENT_CONFLICT, 0, id);
	}
}

void
plan_tell_depending(struct plan *p, uint32_t id, unsigned marks)
{
	if ((marks & MARK_EXIT) != 0)
		end_bound(p, id);
	if ((marks & MARK_BACK) != 0)
		wake_backoff(p, id);
	if ((marks & MARK_FAILED) != 0)
		call_for_help(p, id);
	if ((marks & MARK_STAY) != 0)
		stay_bound(p, id);
}

/* Only others wanted it, and tend.conf does not say that it runs anyhow. */
bool
plan_may_be_unneeded(const struct plan *p, const struct plan_svc *s)
{
	return s->is_pulled && s->want != WANT_DOWN &&
	       !(p->starts_all && s->policy.is_wanted_at_start) &&
	       (s->state == SVC_WAITING || s->state == SVC_BACKOFF ||
		       s->state == SVC_SKIPPED || plan_is_running(s));
}

/* It has gone: those that it needed may be needed by nobody now. */
void
plan_release(struct plan *p, uint32_t id)
{
	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		const struct plan_svc *d = &p->svc[p->deps.edge[e].to];

		if ((p->deps.edge[e].flags & EDGE_NEEDS) != 0 &&
			plan_may_be_unneeded(p, d) &&
			(d->needer == PLAN_NONE ||
				p->rdeps.edge[d->needer].to == id))
			plan_mark(p, p->deps.edge[e].to, MARK_LOOK);
	}
}
