/*
 * When everything has to have stopped by some moment: each service has what it
 * asks for, but no longer than until those that stop after it need the rest.
 */
#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

bool
plan_is_late(const struct plan *p)
{
	return p->kill_ms != 0 && p->now_ms >= p->kill_ms;
}

/* When it gets KILL, at the latest. */
static uint64_t
latest(const struct plan *p, uint32_t id, bool is_post)
{
	uint64_t rest_ms = 0;

	if (p->limit) {
		rest_ms = p->limit[id].tail_ms;
		if (!is_post)
			rest_ms += p->limit[id].post_ms;
	}
	return p->kill_ms > rest_ms ? p->kill_ms - rest_ms : 1;
}

static void
cap(struct plan *p, uint32_t id, bool is_post)
{
	struct plan_svc *s = &p->svc[id];
	uint64_t by_ms;

	if (p->kill_ms == 0)
		return;
	by_ms = latest(p, id, is_post);
	if (s->deadline_ms != 0 && s->deadline_ms <= by_ms)
		return;
	s->deadline_ms = by_ms;
	plan_changed(p, id);
}

void
plan_arm_stop(struct plan *p, uint32_t id, bool is_post)
{
	run_arm(p, id, p->svc[id].policy.stop_timeout_ms);
	cap(p, id, is_post);
}

void
plan_cap_stop(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	if (s->state == SVC_STOPPING)
		cap(p, id, s->part == PART_STOP_POST);
}

int32_t
plan_stop_took_ms(const struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	if (p->kill_ms == 0)
		return (int32_t)s->policy.stop_timeout_ms;
	return (int32_t)(p->boot_ms - s->since_boot_ms);
}

void
plan_limited(struct plan *p)
{
	for (uint32_t id = 0; id < p->count; id++)
		if (p->svc[id].is_used)
			plan_cap_stop(p, id);
}

void
plan_kill_now(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->state == SVC_STARTING || s->state == SVC_UP ||
		s->state == SVC_DONE)
		plan_step(p, id, EVENT_FREE, 0, PLAN_NONE);
	if (s->state == SVC_STOPPING)
		plan_step(p, id, EVENT_TIMEOUT, 0, PLAN_NONE);
}
