#include "supervisor/essential.h"

#include <stddef.h>

#include "lib/handoff.h"
#include "lib/log.h"
#include "supervisor/finish.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

/* Of a container, or of a supervisor that was started to run one command. */
static bool
is_end(const struct supervisor *sv, uint32_t id)
{
	if (sv->init_fd < 0)
		return id == zero_main(sv);
	return sv->is_container;
}

void
essential_ended(struct supervisor *sv)
{
	uint32_t id = sv->plan.ended;
	int code = plan_exit_code(&sv->plan, &sv->plan.svc[id]);

	sv->plan.ended = PLAN_NONE;
	if (sv->finish.is_asked)
		return;
	if (!is_end(sv, id)) {
		log_warn("%s: essential, and it ended; this is no container "
			 "of ours, so everything else goes on",
			service_name(sv, id));
		return;
	}
	log_error("%s: essential, and it ended; stopping everything, the exit "
		  "status will be %d",
		service_name(sv, id), code);
	finish_ask_with(sv, END_EXIT, code);
}

/* It went by itself: not because somebody stopped it or what it needs. */
static bool
has_ended(const struct plan_svc *s)
{
	if (s->state == SVC_FAILED)
		return true;
	return s->state == SVC_DOWN &&
	       (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED ||
		       s->reason == REASON_LOST);
}

void
essential_look(struct supervisor *sv)
{
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *s = &sv->plan.svc[id];

		if (!s->is_used || !s->policy.is_essential || !has_ended(s))
			continue;
		sv->plan.ended = id;
		essential_ended(sv);
		return;
	}
}
