/*
 * A forking service between the end of its command and the moment in which
 * what that left behind is known.
 */
#include <signal.h>
#include <stddef.h>

#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

bool
run_forked(struct plan *p, uint32_t id, int32_t status, bool lost)
{
	struct plan_svc *s = &p->svc[id];

	if (s->runs_as != TYPE_FORKING || lost || status != 0 ||
		(s->facts & (FACT_SEARCH | FACT_FOUND)) != 0)
		return false;
	s->facts |= FACT_SEARCH;
	plan_act(p, ACTION_SEARCH, id, 0);
	plan_changed(p, id);
	return true;
}

/* pid: of the main process; else minus how many it may be. */
void
run_found(struct plan *p, uint32_t id, int32_t pid)
{
	struct plan_svc *s = &p->svc[id];

	s->facts &= (uint8_t)~FACT_SEARCH;
	plan_changed(p, id);
	if (pid > 0) {
		s->facts |= FACT_FOUND;
		/* It was told to end before anybody knew it. */
		if (s->state == SVC_STOPPING && s->part == PART_MAIN)
			plan_act(p, ACTION_SIGNAL, id, s->policy.stop_signal);
		else if (s->state == SVC_KILLING)
			plan_act(p, ACTION_SIGNAL, id, SIGKILL);
		return;
	}
	s->facts &= (uint8_t)~FACT_MAIN;
	if (s->state == SVC_STARTING && !plan_is_leaving(s)) {
		run_because(p, id, REASON_NO_MAIN, -pid, PLAN_NONE);
		s->fate = FATE_ENDED;
	}
	run_without_main(p, id);
}
