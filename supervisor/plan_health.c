/*
 * What comes of a service that is not well, or that asks for more time.
 */
#include <signal.h>

#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

void
run_unhealthy(struct plan *p, uint32_t id, uint32_t why, int32_t arg)
{
	struct plan_svc *s = &p->svc[id];

	if (plan_is_leaving(s))
		return;
	if (s->policy.reset_ms != 0 &&
		p->now_ms - s->up_ms >= s->policy.reset_ms)
		s->failures = 0;
	s->fate = FATE_UNHEALTHY;
	run_halt(p, id, SIGKILL);
	run_because(p, id, (enum reason)why, arg, PLAN_NONE);
}

void
run_extend(struct plan *p, uint32_t id, int32_t more_ms)
{
	struct plan_svc *s = &p->svc[id];
	uint64_t until_ms = p->now_ms + (uint32_t)more_ms;

	if (s->deadline_ms == 0 || s->deadline_ms >= until_ms)
		return;
	s->deadline_ms = until_ms;
	plan_cap_stop(p, id);
	plan_changed(p, id);
}
