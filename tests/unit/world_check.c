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
	       s->reason == REASON_EXITED && w->did_well[id];
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
		bool requires = (flags & EDGE_REQUIRES) != 0;

		if (requires && has_done_its_work(w, dep))
			continue;
		if (requires &&
			(d->state == SVC_FAILED || d->state == SVC_MASKED ||
				d->state == SVC_INVALID ||
				(d->state == SVC_DOWN && d->want == WANT_DOWN)))
			is_lost = true;
		else if ((flags & EDGE_AFTER) != 0 &&
			 (requires ? !is_satisfied(d) : is_expected(d)))
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

	if (s->state == SVC_WAITING && naive_gate(w, id) == NAIVE_OPEN)
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

	if (is_satisfied(d) || w->has_left[dep])
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
		a->part != b->part || a->facts != b->facts)
		world_complain(w, id, "changed, and not in the list of it");
}

void
world_check(struct world *w)
{
	for (uint32_t id = 0; id < w->plan.count; id++) {
		const struct plan_svc *s = &w->svc[id];

		check_process(w, id);
		world_check_hook(w, id);
		check_progress(w, id);
		check_changed(w, id);
		if (s->state != SVC_DOWN)
			w->has_left[id] = false;
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

	if ((w->flags[id][dep] & EDGE_REQUIRES) == 0)
		return false;
	return d->state == SVC_FAILED || d->state == SVC_MASKED ||
	       d->state == SVC_INVALID || d->fate == FATE_FAIL ||
	       (d->state == SVC_DOWN && w->svc[id].state == SVC_WAITING &&
		       !has_done_its_work(w, dep));
}

void
world_check_event(
	struct world *w, uint32_t id, enum plan_event event, uint32_t svc)
{
	const struct plan_svc *s = &w->svc[id];

	world_reached[s->state][event]++;
	if (!cell_is_possible((enum svc_state)s->state, event))
		world_complain(w, id, "an event that the state cannot have");
	if (event == EVENT_GO && naive_gate(w, id) != NAIVE_OPEN)
		world_complain(w, id, "it starts before its time");
	if (event == EVENT_FREE && naive_held(w, id))
		world_complain(w, id, "it stops before what comes after it");
	if (event == EVENT_DEP_FAILED && !has_failed(w, id, svc))
		world_complain(w, id, "what it requires has not failed");
	if (w->plan.is_finishing && (event == EVENT_GO || event == EVENT_START))
		world_complain(w, id, "it is started while all is ending");
}
