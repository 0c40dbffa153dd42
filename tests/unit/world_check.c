#include "tests/unit/world.h"

#include <stddef.h>
#include <sys/wait.h>

#include "tests/unit/cells.h"

uint32_t world_reached[SVC_STATES][PLAN_EVENTS];

enum naive {
	NAIVE_OPEN,
	NAIVE_WAIT,
	NAIVE_LOST
};

static bool
is_running(const struct plan_svc *s)
{
	return s->state == SVC_STARTING || s->state == SVC_UP ||
	       s->state == SVC_DONE || s->state == SVC_STOPPING ||
	       s->state == SVC_KILLING;
}

static bool
is_being_stopped(const struct plan_svc *s)
{
	return s->state == SVC_STOPPING || s->state == SVC_KILLING;
}

/* Going down, be it for good or to come again. */
static bool
is_going(const struct plan_svc *s)
{
	return is_running(s) && (s->want == WANT_DOWN || s->fate != FATE_NONE ||
					is_being_stopped(s));
}

static bool
is_satisfied(const struct plan_svc *s)
{
	return (s->state == SVC_UP || s->state == SVC_DONE ||
		       s->state == SVC_SKIPPED) &&
	       !is_going(s);
}

/* On its way to be up, or back, without having failed a try. */
static bool
is_expected(const struct plan_svc *s)
{
	if (s->want == WANT_DOWN || s->fate == FATE_FAIL)
		return false;
	return s->state == SVC_WAITING || s->state == SVC_STARTING ||
	       is_going(s);
}

/* A oneshot that does not remain has done what it was needed for. */
static bool
has_done_its_work(const struct world *w, uint32_t id)
{
	const struct plan_svc *s = &w->svc[id];

	return s->state == SVC_DOWN && s->runs_as == TYPE_ONESHOT &&
	       (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED) &&
	       w->did_well[id];
}

/*
 * That a requirement is not to come may be found when everything else that it
 * waits for is there.
 */
static enum naive
naive_gate(const struct world *w, uint32_t id)
{
	bool waits = false;
	bool is_lost = false;

	for (uint32_t dep = 0; dep < w->plan.count; dep++) {
		const struct plan_svc *d = &w->svc[dep];
		unsigned flags = w->flags[id][dep];
		bool requires = (flags & EDGE_REQUIRES) != 0 ||
				((flags & EDGE_ONCE) != 0 && !d->has_been_up);

		if ((flags & EDGE_CONFLICTS) != 0 && is_running(d))
			waits = true;
		if (requires && has_done_its_work(w, dep))
			continue;
		if (requires &&
			(d->state == SVC_FAILED || d->state == SVC_MASKED ||
				d->state == SVC_INVALID ||
				(d->state == SVC_DOWN && d->want == WANT_DOWN)))
			is_lost = true;
		else if ((requires && d->want == WANT_DOWN) ||
			 ((flags & EDGE_AFTER) != 0 &&
				 (requires ? !is_satisfied(d)
					   : (flags & EDGE_ONCE) == 0 &&
							 is_expected(d))))
			waits = true;
	}
	if (waits)
		return NAIVE_WAIT;
	return is_lost ? NAIVE_LOST : NAIVE_OPEN;
}

static bool
naive_held(const struct world *w, uint32_t id)
{
	for (uint32_t user = 0; user < w->plan.count; user++)
		if ((w->flags[user][id] & EDGE_AFTER) != 0 &&
			is_going(&w->svc[user]))
			return true;
	return false;
}

static void
check_process(struct world *w, uint32_t id)
{
	const struct plan_svc *s = &w->svc[id];
	bool is_alive = w->proc[id].is_alive || w->hook[id].is_alive;

	if ((s->state == SVC_STARTING || is_being_stopped(s)) && !is_alive)
		world_complain(w, id, "its state has a process, it has none");
	if (is_alive && (!is_running(s) || s->state == SVC_DONE))
		world_complain(w, id, "it has a process, its state has none");
	if (is_running(s) ? s->want == WANT_DOWN && s->fate != FATE_NONE
			  : s->fate != FATE_NONE)
		world_complain(w, id, "a fate without a meaning");
	if ((s->state == SVC_WAITING || s->state == SVC_BACKOFF) &&
		s->want == WANT_DOWN)
		world_complain(w, id, "wanted down, yet it waits");
	if (s->state == SVC_DOWN && s->want != WANT_DOWN)
		world_complain(w, id, "wanted, yet it is down");
	if ((s->deadline_ms != 0) != cell_needs_deadline(s))
		world_complain(w, id,
			s->deadline_ms != 0 ? "a deadline that nothing needs"
					    : "no deadline");
}

/* Nothing is left that could go on by itself. */
static void
check_progress(struct world *w, uint32_t id)
{
	const struct plan_svc *s = &w->svc[id];

	if (s->state == SVC_WAITING && naive_gate(w, id) == NAIVE_OPEN &&
		(s->asking == 0 || w->asked[id] != s->asking))
		world_complain(w, id, "it waits, and for nothing");
	if (s->state == SVC_WAITING && naive_gate(w, id) == NAIVE_LOST)
		world_complain(w, id, "it waits for what will not come");
	if (is_going(s) && !is_being_stopped(s) && !naive_held(w, id))
		world_complain(w, id, "it is to go, and nothing holds it");
}

/* What a running service requires is there, or coming back, or it goes too. */
static void
check_requirement(struct world *w, uint32_t id, uint32_t dep)
{
	const struct plan_svc *d = &w->svc[dep];

	if (is_satisfied(d) || w->is_new[id][dep])
		return;
	if ((w->flags[id][dep] & (EDGE_BINDS | EDGE_AFTER)) ==
			(EDGE_BINDS | EDGE_AFTER) &&
		d->runs_as != TYPE_ONESHOT && !is_going(d) && !w->was_away[dep])
		world_complain(w, id, "it outlives what it is bound to");
	if (w->has_left[dep])
		return;
	/* Without an order it may run while the other one comes and goes. */
	if (d->want != WANT_DOWN && d->fate != FATE_FAIL &&
		((w->flags[id][dep] & EDGE_AFTER) == 0 ||
			d->state == SVC_WAITING || d->state == SVC_STARTING ||
			d->state == SVC_BACKOFF || is_being_stopped(d)))
		return;
	world_complain(w, id, "it runs without what it requires");
}

static void
check_changed(struct world *w, uint32_t id)
{
	const struct plan_svc *a = &w->before[id];
	const struct plan_svc *b = &w->svc[id];

	if (b->is_changed)
		return;
	if (a->state != b->state || a->want != b->want || a->fate != b->fate ||
		a->deadline_ms != b->deadline_ms || a->reason != b->reason ||
		a->reason_arg != b->reason_arg ||
		a->reason_svc != b->reason_svc || a->starts != b->starts ||
		a->restarts != b->restarts || a->failures != b->failures ||
		a->has_exit != b->has_exit || a->command != b->command ||
		a->part != b->part || a->facts != b->facts ||
		a->is_pulled != b->is_pulled ||
		a->has_been_up != b->has_been_up)
		world_complain(w, id, "changed, and not in the list of it");
}

static bool
needs_others(const struct plan_svc *s)
{
	return is_running(s) || s->state == SVC_WAITING ||
	       s->state == SVC_BACKOFF;
}

/* It was started for others, and none of them is there any more. */
static void
check_need(struct world *w, uint32_t id)
{
	const struct plan_svc *s = &w->svc[id];

	if (!s->is_pulled || s->want == WANT_DOWN ||
		(!needs_others(s) && s->state != SVC_SKIPPED) ||
		(w->plan.starts_all && s->policy.is_wanted_at_start))
		return;
	for (uint32_t user = 0; user < w->plan.count; user++)
		if ((w->flags[user][id] &
			    (EDGE_REQUIRES | EDGE_WANTS | EDGE_ONCE)) != 0 &&
			needs_others(&w->svc[user]))
			return;
	world_complain(w, id, "it stays, and nobody needs it");
}

static void
check_conflict(struct world *w, uint32_t id, uint32_t other)
{
	const struct plan_svc *s = &w->svc[id];
	const struct plan_svc *o = &w->svc[other];

	if ((w->flags[id][other] & EDGE_CONFLICTS) == 0 ||
		w->is_new[id][other] || w->is_new[other][id])
		return;
	if (is_running(s) && is_running(o))
		world_complain(w, id, "it runs beside what it conflicts with");
	if (needs_others(s) && needs_others(o) && s->want != WANT_DOWN &&
		o->want != WANT_DOWN)
		world_complain(w, id, "both of a conflict are wanted");
}

void
world_check(struct world *w)
{
	if (w->plan.ended != PLAN_NONE) {
		const struct plan_svc *s = &w->svc[w->plan.ended];

		if (!s->policy.is_essential || w->plan.is_finishing)
			world_complain(w, w->plan.ended, "the end of nothing");
		w->plan.ended = PLAN_NONE;
	}
	for (uint32_t id = 0; id < w->plan.count; id++) {
		const struct plan_svc *s = &w->svc[id];

		check_process(w, id);
		world_check_hook(w, id);
		check_progress(w, id);
		check_changed(w, id);
		check_need(w, id);
		for (uint32_t other = 0; other < w->plan.count; other++)
			check_conflict(w, id, other);
		if (s->state != SVC_DOWN)
			w->has_left[id] = false;
		if (s->state != SVC_WAITING && s->state != SVC_STARTING)
			w->was_away[id] = false;
		if (!is_running(s) || is_going(s))
			continue;
		for (uint32_t dep = 0; dep < w->plan.count; dep++)
			if ((w->flags[id][dep] & EDGE_REQUIRES) != 0)
				check_requirement(w, id, dep);
	}
}

/* The requirement that is said to have failed has done so. */
static bool
has_failed(const struct world *w, uint32_t id, uint32_t dep)
{
	const struct plan_svc *d = &w->svc[dep];

	if ((w->flags[id][dep] & EDGE_REQUIRES) == 0 &&
		((w->flags[id][dep] & EDGE_ONCE) == 0 || d->has_been_up))
		return false;
	return d->state == SVC_FAILED || d->state == SVC_MASKED ||
	       d->state == SVC_INVALID || d->fate == FATE_FAIL ||
	       /* One that was started just now, and stopped for another. */
	       (d->state == SVC_DOWN &&
		       (w->svc[id].state == SVC_WAITING ||
			       d->round == w->plan.round) &&
		       !has_done_its_work(w, dep));
}

void
world_check_event(
	struct world *w, uint32_t id, enum plan_event event, uint32_t svc)
{
	const struct plan_svc *s = &w->svc[id];

	world_reached[s->state][event]++;
	if ((s->state == SVC_SKIPPED || s->state == SVC_DOWN) &&
		(event == EVENT_START || event == EVENT_ONCE ||
			event == EVENT_RESTART))
		w->was_away[id] = true;
	if (!cell_is_possible((enum svc_state)s->state, event))
		world_complain(w, id, "an event that the state cannot have");
	if (event == EVENT_GO && naive_gate(w, id) != NAIVE_OPEN)
		world_complain(w, id, "it starts before its time");
	if (event == EVENT_FREE && naive_held(w, id))
		world_complain(w, id, "it stops before what comes after it");
	if (event == EVENT_DEP_FAILED && !has_failed(w, id, svc))
		world_complain(w, id, "what it requires has not failed");
	if (event == EVENT_GO && (s->policy.asks & ~(unsigned)s->answered) != 0)
		world_complain(w, id, "it starts without having asked");
	if (event == EVENT_DEP_BACK && !is_satisfied(&w->svc[svc]) &&
		!has_done_its_work(w, svc))
		world_complain(w, id, "what it needs is not back");
	if (event == EVENT_GO)
		for (uint32_t dep = 0; dep < w->plan.count; dep++) {
			w->is_new[id][dep] = false;
			if ((w->flags[id][dep] & EDGE_CONFLICTS) != 0)
				w->is_new[dep][id] = false;
		}
	if (w->plan.is_finishing && (event == EVENT_GO || event == EVENT_START))
		world_complain(w, id, "it is started while all is ending");
}
