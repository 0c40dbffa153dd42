/*
 * Gates: whether a service may start now, and whether it may stop now.
 */
#include <stddef.h>

#include "supervisor/plan_private.h"

/* Not going down for good or to come again. */
static bool
is_there(const struct plan_svc *s)
{
	return (s->state == SVC_UP || s->state == SVC_DONE ||
		       s->state == SVC_SKIPPED) &&
	       !plan_is_leaving(s);
}

/* A oneshot that does not remain has done what those who wait need it for;
 * it was started again, for them, before they looked. */
static bool
is_over(const struct plan_svc *s)
{
	return s->state == SVC_DOWN && s->runs_as == TYPE_ONESHOT &&
	       s->has_exit &&
	       (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED) &&
	       (s->facts & FACT_WELL) != 0;
}

bool
plan_gate_is_there(const struct plan_svc *s)
{
	return is_there(s) || is_over(s);
}

bool
plan_gate_is_lost(const struct plan_svc *s)
{
	if (s->fate == FATE_FAIL)
		return true;
	switch ((enum svc_state)s->state) {
	case SVC_FAILED:
	case SVC_MASKED:
	case SVC_INVALID:
		return true;
	case SVC_DOWN:
		return s->want == WANT_DOWN;
	case SVC_WAITING:
	case SVC_STARTING:
	case SVC_UP:
	case SVC_DONE:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_BACKOFF:
	case SVC_SKIPPED:
	case SVC_STATES:
		return false;
	}
	return false;
}

/* Only the order counts: is it still on its way up? */
static bool
is_coming(const struct plan_svc *s)
{
	if (s->want == WANT_DOWN || s->fate == FATE_FAIL)
		return false;
	switch ((enum svc_state)s->state) {
	case SVC_WAITING:
	case SVC_STARTING:
	case SVC_STOPPING:
	case SVC_KILLING:
		return true;
	case SVC_UP:
	case SVC_DONE:
		return s->fate != FATE_NONE;
	case SVC_DOWN:
	case SVC_BACKOFF: /* it had its try */
	case SVC_FAILED:
	case SVC_SKIPPED:
	case SVC_MASKED:
	case SVC_INVALID:
	case SVC_STATES:
		return false;
	}
	return false;
}

static enum gate
edge_gate(const struct plan *p, const struct graph_edge *edge)
{
	const struct plan_svc *dep = &p->svc[edge->to];
	bool is_hard = (edge->flags & EDGE_REQUIRES) != 0 ||
		       ((edge->flags & EDGE_ONCE) != 0 && !dep->has_been_up);

	if ((edge->flags & EDGE_CONFLICTS) != 0 && plan_is_running(dep))
		return GATE_WAIT;
	if (is_hard) {
		if (is_over(dep))
			return GATE_OPEN;
		if (plan_gate_is_lost(dep))
			return GATE_LOST;
		/* On its way out it is neither there nor lost yet. */
		if (is_there(dep) || ((edge->flags & EDGE_AFTER) == 0 &&
					     dep->want != WANT_DOWN))
			return GATE_OPEN;
		return GATE_WAIT;
	}
	/* What has come up once, and needs no more, is not waited for. */
	if ((edge->flags & EDGE_AFTER) != 0 && (edge->flags & EDGE_ONCE) == 0 &&
		is_coming(dep))
		return GATE_WAIT;
	return GATE_OPEN;
}

/*
 * Walks the edges from where it last had to wait, then those before, so that a
 * start costs two looks at each edge however often it is looked at.
 */
enum gate
plan_gate_start(struct plan *p, uint32_t id, uint32_t *at)
{
	struct plan_svc *s = &p->svc[id];
	uint32_t first = p->deps.first[id];
	uint32_t last = p->deps.first[id + 1];
	uint32_t from =
		s->cursor >= first && s->cursor < last ? s->cursor : first;

	for (uint32_t n = first; n < last; n++) {
		uint32_t e = from + (n - first);
		enum gate gate;

		if (e >= last)
			e -= last - first;
		gate = edge_gate(p, &p->deps.edge[e]);
		if (gate != GATE_OPEN) {
			s->cursor = e;
			*at = p->deps.edge[e].to;
			return gate;
		}
	}
	return GATE_OPEN;
}

/* It goes down, if only to come again, and is not gone yet. */
static bool
is_going(const struct plan_svc *s)
{
	return s->state == SVC_STOPPING || s->state == SVC_KILLING ||
	       (plan_is_running(s) && plan_is_leaving(s));
}

bool
plan_gate_is_held(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];
	uint32_t first = p->rdeps.first[id];
	uint32_t last = p->rdeps.first[id + 1];
	uint32_t from =
		s->cursor >= first && s->cursor < last ? s->cursor : first;

	for (uint32_t n = first; n < last; n++) {
		uint32_t e = from + (n - first);
		const struct plan_svc *user;

		if (e >= last)
			e -= last - first;
		user = &p->svc[p->rdeps.edge[e].to];
		if ((p->rdeps.edge[e].flags & EDGE_AFTER) != 0 &&
			is_going(user)) {
			s->cursor = e;
			return true;
		}
	}
	return false;
}

/* It runs, or will, and what it needs has to be there for it. */
static bool
needs_others(const struct plan_svc *s)
{
	return s->state == SVC_WAITING || s->state == SVC_BACKOFF ||
	       plan_is_running(s);
}

/*
 * The edge that was found last is looked at first, and then the others from
 * there on: while all of its users go, one after the other, each is looked at
 * twice at most.
 */
bool
plan_gate_is_needed(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];
	uint32_t first = p->rdeps.first[id];
	uint32_t last = p->rdeps.first[id + 1];
	uint32_t from =
		s->needer >= first && s->needer < last ? s->needer : first;

	for (uint32_t n = first; n < last; n++) {
		uint32_t e = from + (n - first);

		if (e >= last)
			e -= last - first;
		if ((p->rdeps.edge[e].flags & EDGE_NEEDS) != 0 &&
			needs_others(&p->svc[p->rdeps.edge[e].to])) {
			s->needer = e;
			return true;
		}
	}
	return false;
}
