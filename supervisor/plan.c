#include "supervisor/plan.h"

#include <stddef.h>

#include "supervisor/plan_private.h"

void
plan_init(struct plan *p)
{
	p->actions = 0;
	p->changes = 0;
	p->queue_head = PLAN_NONE;
	p->queue_tail = PLAN_NONE;
	p->is_finishing = false;
	p->starts_all = false;
	p->ended = PLAN_NONE;
	p->kill_ms = 0;
	p->limit = NULL;
	p->round = 1;
}

void
plan_add(struct plan *p, uint32_t id, const struct plan_policy *policy)
{
	p->svc[id] = (struct plan_svc){.policy = *policy,
		.state = SVC_DOWN,
		.want = WANT_DOWN,
		.runs_as = policy->type,
		.is_used = true,
		.reason_svc = PLAN_NONE,
		.cursor = PLAN_NONE,
		.needer = PLAN_NONE,
		.next = PLAN_NONE,
		.since_boot_ms = p->boot_ms};
	plan_changed(p, id);
}

bool
plan_is_running(const struct plan_svc *s)
{
	switch ((enum svc_state)s->state) {
	case SVC_STARTING:
	case SVC_UP:
	case SVC_DONE:
	case SVC_STOPPING:
	case SVC_KILLING:
		return true;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BACKOFF:
	case SVC_FAILED:
	case SVC_SKIPPED:
	case SVC_MASKED:
	case SVC_INVALID:
	case SVC_STATES:
		return false;
	}
	return false;
}

bool
plan_define(struct plan *p, uint32_t id, const struct plan_policy *policy,
	enum svc_state state)
{
	struct plan_svc *s = &p->svc[id];
	bool was_bad = s->state == SVC_MASKED || s->state == SVC_INVALID;
	bool is_bad = state == SVC_MASKED || state == SVC_INVALID;

	if (is_bad && plan_is_running(s))
		return true;
	if (!is_bad)
		s->policy = *policy;
	if (is_bad || !s->policy.is_timed)
		s->timer = TIMER_NONE;
	if (is_bad || was_bad) {
		s->state = (uint8_t)state;
		s->want = WANT_DOWN;
		s->fate = FATE_NONE;
		s->deadline_ms = 0;
		s->asking = 0;
		s->answered = 0;
		s->reason =
			state == SVC_INVALID ? REASON_DEFINITION : REASON_NONE;
		s->reason_svc = PLAN_NONE;
		s->since_boot_ms = p->boot_ms;
	}
	plan_look_again(p, id);
	return false;
}

void
plan_changed(struct plan *p, uint32_t id)
{
	if (p->svc[id].is_changed)
		return;
	p->svc[id].is_changed = true;
	p->changed[p->changes++] = id;
}

void
plan_mark(struct plan *p, uint32_t id, unsigned marks)
{
	struct plan_svc *s = &p->svc[id];
	bool is_queued = (s->marks & MARK_QUEUED) != 0;

	s->marks = (uint16_t)(s->marks | marks | MARK_QUEUED);
	if (is_queued)
		return;
	s->next = PLAN_NONE;
	if (p->queue_head == PLAN_NONE)
		p->queue_head = id;
	else
		p->svc[p->queue_tail].next = id;
	p->queue_tail = id;
}

void
plan_act(struct plan *p, enum plan_action_kind kind, uint32_t id, int32_t arg)
{
	/* The callers leave room; a lost BUG line is no loss. */
	if (p->actions < PLAN_ACTIONS)
		p->action[p->actions++] = (struct plan_action){
			.kind = kind, .svc = id, .arg = arg};
}

bool
plan_is_barred(const struct plan_svc *s)
{
	return s->state == SVC_FAILED && s->reason == REASON_STILL_RUNNING;
}

bool
plan_is_leaving(const struct plan_svc *s)
{
	return s->want == WANT_DOWN || s->fate != FATE_NONE;
}

static void
look(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];
	uint32_t dep = PLAN_NONE;

	if (s->state == SVC_WAITING) {
		switch (plan_gate_start(p, id, &dep)) {
		case GATE_OPEN:
			/* What another definition made its opponent. */
			plan_push_away(p, id);
			if (!plan_ask(p, id))
				plan_step(p, id, EVENT_GO, 0, PLAN_NONE);
			break;
		case GATE_LOST:
			plan_step(p, id, EVENT_DEP_FAILED, 0, dep);
			break;
		case GATE_WAIT:
			/* What held a moment ago is asked again then. */
			s->asking = 0;
			s->answered = 0;
			s->reason = REASON_DEP_WAIT;
			s->reason_arg = 0;
			s->reason_svc = dep;
			plan_changed(p, id);
			break;
		}
	} else if ((s->state == SVC_STARTING || s->state == SVC_UP ||
			   s->state == SVC_DONE) &&
		   plan_is_leaving(s) && !plan_gate_is_held(p, id)) {
		plan_step(p, id, EVENT_FREE, 0, PLAN_NONE);
	}
	if (plan_may_be_unneeded(p, s) && !plan_gate_is_needed(p, id)) {
		/* The next one to need it may start it in the same event. */
		s->round = p->round - 1;
		plan_step(p, id, EVENT_UNNEEDED, 0, PLAN_NONE);
	}
}

/* Its state or its fate is another: who has to know? */
static void
tell(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];
	bool is_bad = plan_gate_is_lost(s) && s->state != SVC_DOWN;

	for (uint32_t e = p->rdeps.first[id]; e < p->rdeps.first[id + 1]; e++) {
		uint32_t user = p->rdeps.edge[e].to;
		struct plan_svc *u = &p->svc[user];

		if (is_bad && (p->rdeps.edge[e].flags & EDGE_REQUIRES) != 0)
			plan_step(p, user, EVENT_DEP_FAILED, 0, id);
		else if (u->state == SVC_WAITING &&
			 (u->asking != 0 ||
				 (u->cursor != PLAN_NONE &&
					 p->deps.edge[u->cursor].to == id)))
			plan_mark(p, user, MARK_LOOK);
	}
	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		uint32_t dep = p->deps.edge[e].to;
		struct plan_svc *d = &p->svc[dep];

		if (plan_is_running(d) && d->cursor != PLAN_NONE &&
			p->rdeps.edge[d->cursor].to == id)
			plan_mark(p, dep, MARK_LOOK);
	}
	if (s->state != SVC_WAITING && s->state != SVC_BACKOFF &&
		!plan_is_running(s))
		plan_release(p, id);
}

/*
 * Wanted again before it had to go: it stays, but not over the restart or the
 * failure of what it requires.
 */
static void
stay_with(struct plan *p, uint32_t id, uint32_t dep)
{
	const struct plan_svc *s = &p->svc[id];
	const struct plan_svc *d = &p->svc[dep];

	if (plan_gate_is_lost(d))
		plan_step(p, id, EVENT_DEP_FAILED, 0, dep);
	else if (d->want == WANT_DOWN)
		plan_step(p, id, EVENT_STOP, 0, dep);
	else if (d->fate == FATE_RESTART && s->fate == FATE_NONE &&
		 d->state != SVC_STOPPING && d->state != SVC_KILLING)
		plan_step(p, id, EVENT_RESTART, 0, dep);
}

/* kinds: the edges that count. */
static void
pull(struct plan *p, uint32_t id, uint32_t kinds)
{
	const struct plan_svc *s = &p->svc[id];

	if (s->want == WANT_DOWN)
		return;
	for (uint32_t e = p->deps.first[id]; e < p->deps.first[id + 1]; e++) {
		const struct graph_edge *edge = &p->deps.edge[e];
		const struct plan_svc *d = &p->svc[edge->to];

		if ((edge->flags & kinds) == 0 || plan_is_barred(d) ||
			((edge->flags & EDGE_NEEDS) == EDGE_ONCE &&
				d->has_been_up))
			continue;
		/* Who only wants it does not need it at once. */
		if (d->policy.is_timed && (edge->flags & EDGE_REQUIRES) == 0) {
			plan_step(p, edge->to, EVENT_ARM, 0, PLAN_NONE);
			continue;
		}
		/* Once an event: two that need each other and cannot start
		 * would try again for ever. */
		if (d->round != p->round &&
			(d->want == WANT_DOWN || d->state == SVC_FAILED ||
				d->fate == FATE_FAIL)) {
			p->svc[edge->to].round = p->round;
			plan_step(p, edge->to, EVENT_START, 0, id);
		}
		if ((edge->flags & EDGE_REQUIRES) != 0 && plan_is_running(s))
			stay_with(p, id, edge->to);
	}
}

static void
push(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	for (uint32_t e = p->rdeps.first[id]; e < p->rdeps.first[id + 1]; e++) {
		const struct graph_edge *edge = &p->rdeps.edge[e];
		const struct plan_svc *u = &p->svc[edge->to];

		if ((edge->flags & (EDGE_REQUIRES | EDGE_PART)) == 0 ||
			u->want == WANT_DOWN)
			continue;
		if (s->want == WANT_DOWN)
			plan_step(p, edge->to, EVENT_STOP, 0, id);
		else if (s->fate == FATE_RESTART && plan_is_running(u) &&
			 u->fate == FATE_NONE)
			plan_step(p, edge->to, EVENT_RESTART, 0, id);
	}
}

void
plan_event(struct plan *p, uint32_t id, enum plan_event event, int32_t arg,
	uint32_t svc)
{
	bool is_start = event == EVENT_START || event == EVENT_ONCE ||
			event == EVENT_RESTART || event == EVENT_DUE;

	if (p->is_finishing && is_start)
		return;
	p->round++;
	if (is_start)
		p->svc[id].round = p->round;
	plan_step(p, id, event, arg, svc);
}

bool
plan_settle(struct plan *p)
{
	while (p->queue_head != PLAN_NONE) {
		uint32_t id = p->queue_head;
		struct plan_svc *s = &p->svc[id];
		unsigned marks = s->marks;

		/* One visit adds at most one action for id itself; what it
		 * tells its neighbours only marks them. */
		if (p->actions + 2 > PLAN_ACTIONS)
			return true;
		p->queue_head = s->next;
		s->marks = 0;
		if ((marks & (MARK_PULL | MARK_NEED)) != 0 &&
			s->want != WANT_DOWN)
			plan_push_away(p, id);
		if ((marks & MARK_PULL) != 0)
			pull(p, id, EDGE_NEEDS);
		else if ((marks & MARK_NEED) != 0)
			pull(p, id, EDGE_REQUIRES | EDGE_ONCE);
		if ((marks & MARK_PUSH) != 0)
			push(p, id);
		if ((marks & MARK_NEWS) != 0)
			tell(p, id);
		plan_tell_depending(p, id, marks);
		look(p, id);
	}
	return false;
}

void
plan_look_again(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];
	/* A supervisor may have died before those who need it were told. */
	unsigned push =
		plan_is_running(s) && plan_is_leaving(s) ? MARK_PUSH : 0u;

	p->svc[id].cursor = PLAN_NONE;
	p->svc[id].needer = PLAN_NONE;
	plan_changed(p, id);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS | MARK_STAY | push);
}

void
plan_finish(struct plan *p)
{
	p->is_finishing = true;
	for (uint32_t id = 0; id < p->count; id++) {
		const struct plan_svc *s = &p->svc[id];

		if (s->is_used && s->state != SVC_FAILED &&
			s->state != SVC_MASKED && s->state != SVC_INVALID)
			plan_step(p, id, EVENT_STOP, 0, PLAN_NONE);
	}
}

bool
plan_is_finished(const struct plan *p)
{
	for (uint32_t id = 0; id < p->count; id++) {
		const struct plan_svc *s = &p->svc[id];

		if (s->is_used && plan_is_running(s) && !s->is_stuck)
			return false;
	}
	return true;
}

bool
plan_is_settled(const struct plan_svc *s)
{
	if (s->fate != FATE_NONE)
		return false;
	switch ((enum svc_state)s->state) {
	case SVC_DOWN:
	case SVC_FAILED:
	case SVC_MASKED:
	case SVC_INVALID:
		return true;
	case SVC_UP:
	case SVC_DONE:
	case SVC_SKIPPED:
	case SVC_BACKOFF:
		return s->want != WANT_DOWN;
	case SVC_WAITING:
	case SVC_STARTING:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_STATES:
		return false;
	}
	return false;
}
