#include "supervisor/parts.h"

#include <stddef.h>

#include "lib/def.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/supervisor.h"

/* A service and its parts, and theirs: more of them hear nothing. */
#define MOST 1024u

static uint32_t list[MOST];
static uint32_t count;

static void
add(uint32_t id)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == id)
			return;
	if (count < MOST)
		list[count++] = id;
}

static bool
reload(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (s->state != SVC_UP || plan_is_leaving(s))
		return false;
	if (s->policy.hooks[PART_RELOAD] > 0) {
		/* It sends its reload-signal when the command has ended. */
		plan_event(&sv->plan, id, EVENT_RELOAD, 0, PLAN_NONE);
		act_run(sv);
		return true;
	}
	if (s->policy.reload_signal == 0)
		return false;
	if (act_signal_main(sv, id, s->policy.reload_signal) < 0)
		log_error("%s: signal %d could not be sent: %m",
			service_name(sv, id), s->policy.reload_signal);
	return true;
}

bool
parts_reload(struct supervisor *sv, uint32_t id)
{
	const struct graph *users = &sv->rdeps;
	bool is_any = false;

	count = 0;
	add(id);
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t e = users->first[list[i]];
			e < users->first[list[i] + 1]; e++)
			if ((users->edge[e].flags & EDGE_PART) != 0)
				add(users->edge[e].to);
		if (i > 0 && reload(sv, list[i]))
			is_any = true;
	}
	return is_any;
}
