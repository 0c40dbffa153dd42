/*
 * Services that run at times. When a time has come is found elsewhere; here is
 * what comes of it.
 */
#include <stddef.h>

#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

static void
set_timer(struct plan *p, uint32_t id, enum plan_timer timer)
{
	struct plan_svc *s = &p->svc[id];

	if (!s->policy.is_timed || s->timer == timer)
		return;
	s->timer = (uint8_t)timer;
	plan_changed(p, id);
}

void
run_timer_on(struct plan *p, uint32_t id)
{
	set_timer(p, id, TIMER_ARMED);
}

/* A stop that only follows from that of another is no wish of anybody. */
void
run_timer_off(struct plan *p, uint32_t id, uint32_t cause)
{
	if (cause == PLAN_NONE)
		set_timer(p, id, TIMER_STOPPED);
}

/* It rests. */
void
run_due(struct plan *p, uint32_t id)
{
	if (!plan_is_timer_on(&p->svc[id]))
		return;
	if (p->svc[id].state == SVC_DONE)
		run_restart_running(p, id, PLAN_NONE);
	else
		run_start_afresh(p, id, WANT_UP, PLAN_NONE);
}

enum plan_event
plan_start_event(const struct plan_svc *s)
{
	return s->policy.is_timed ? EVENT_ARM : EVENT_START;
}

bool
plan_is_timer_on(const struct plan_svc *s)
{
	return s->policy.is_timed && s->timer == TIMER_ARMED &&
	       s->fate == FATE_NONE &&
	       (s->state == SVC_DOWN || s->state == SVC_FAILED ||
		       s->state == SVC_SKIPPED || s->state == SVC_DONE);
}
