/*
 * The commands around the services of a world: how they end, and what must
 * hold of them.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "tests/unit/world.h"

static const int32_t statuses[] = {0, 0, 0, 0, 0, 1 << 8, 7 << 8, SIGKILL};

void
world_give_hooks(struct world *w, struct plan_policy *policy)
{
	if (world_once_in(w, 2))
		return;
	for (unsigned part = PART_START_PRE; part <= PART_RELOAD; part++)
		if (world_once_in(w, 3))
			policy->hooks[part] = (uint8_t)(1 + world_below(w, 3));
}

bool
world_is_good_end(
	const struct world *w, const struct plan_svc *svc, int32_t status)
{
	return plan_is_clean(&w->plan, svc, status);
}

static void
begin(struct world *w, uint32_t id, unsigned part, unsigned command)
{
	const struct plan_svc *s = &w->svc[id];
	bool has_main = w->proc[id].is_alive;

	if (w->hook[id].is_alive)
		world_complain(w, id, "a second command runs beside it");
	if (part == PART_MAIN || part >= PART_CHECK ||
		command >= s->policy.hooks[part])
		world_complain(w, id, "no such command around it");
	if (has_main && (part == PART_START_PRE || part == PART_STOP_POST))
		world_complain(w, id, "too early or too late for its command");
	if (part == PART_START_PRE)
		w->needs_cleaning[id] = true;
	if (part == PART_STOP_POST)
		w->needs_cleaning[id] = false;
	w->hook[id] = (struct proc){.is_alive = true,
		.is_deaf = world_once_in(w, 4),
		.kills = world_once_in(w, 20) ? 3 : 1};
	if (world_once_in(w, 30)) {
		w->hook[id].has_failed = true;
		world_tell(w, id, EVENT_HOOK_FAILED, EACCES);
	}
}

static void
send(struct world *w, uint32_t id, int32_t signal)
{
	struct proc *hook = &w->hook[id];

	if (!hook->is_alive) {
		if (!hook->has_failed)
			world_complain(w, id, "a signal without a command");
		return;
	}
	if (signal == SIGKILL)
		hook->killed++;
	hook->is_asked = true;
}

void
world_act_hook(struct world *w, const struct plan_action *action)
{
	uint32_t id = action->svc;

	if (action->kind == ACTION_HOOK) {
		begin(w, id, (unsigned)action->arg >> 8,
			(unsigned)action->arg & 0xff);
	} else if (action->kind == ACTION_HOOK_SIGNAL) {
		send(w, id, action->arg);
	} else if (action->kind == ACTION_RELOADED) {
		if (!w->is_reloading[id])
			world_complain(w, id, "nobody asked for a reload");
		w->is_reloading[id] = false;
	}
}

static void
killed(struct world *w, uint32_t id)
{
	if (world_once_in(w, 4))
		world_tell(w, id, EVENT_HOOK_LOST, 0);
	else if (world_once_in(w, 4))
		world_tell(w, id, EVENT_HOOK_FAILED, EACCES);
	else
		world_tell(w, id, EVENT_HOOK_EXITED, SIGKILL);
}

void
world_hook_does(struct world *w, uint32_t id)
{
	struct proc *hook = &w->hook[id];

	if (hook->killed > 0) {
		/* Without a time limit it is killed once, and dies later. */
		if (hook->killed >= hook->kills ||
			w->svc[id].policy.stop_timeout_ms == 0)
			killed(w, id);
	} else if (hook->is_asked && !hook->is_deaf) {
		world_tell(w, id, EVENT_HOOK_EXITED, SIGTERM);
	} else if (world_once_in(w, 15)) {
		world_tell(w, id, EVENT_HOOK_LOST, 0);
	} else if (world_once_in(w, 15)) {
		world_tell(w, id, EVENT_HOOK_FAILED, ENOENT);
	} else if (world_once_in(w, 2)) {
		world_tell(
			w, id, EVENT_HOOK_EXITED, statuses[world_below(w, 8)]);
	}
}

void
world_check_hook(struct world *w, uint32_t id)
{
	const struct plan_svc *s = &w->svc[id];
	bool is_over = s->state == SVC_DOWN || s->state == SVC_FAILED ||
		       s->state == SVC_WAITING || s->state == SVC_BACKOFF;

	if (((s->facts & FACT_HOOK) != 0) != w->hook[id].is_alive)
		world_complain(w, id, "it is wrong about its command");
	if (((s->facts & FACT_MAIN) != 0) != w->proc[id].is_alive)
		world_complain(w, id, "it is wrong about its process");
	if (w->hook[id].is_alive != (s->part != PART_MAIN))
		world_complain(w, id, "its part is not of what runs");
	if (is_over && w->needs_cleaning[id] &&
		s->policy.hooks[PART_STOP_POST] != 0)
		world_complain(w, id, "it is over without its stop-post");
	if (is_over)
		w->needs_cleaning[id] = false;
	if (w->is_reloading[id] && s->part != PART_RELOAD)
		world_complain(w, id, "a reload that nobody answers");
}

bool
world_forks(const struct world *w, uint32_t id, enum plan_event event,
	int32_t status)
{
	return w->svc[id].runs_as == TYPE_FORKING && event == EVENT_EXITED &&
	       status == 0 && !w->proc[id].is_found;
}

void
world_search(struct world *w, uint32_t id)
{
	struct proc *proc = &w->proc[id];
	bool is_there = proc->killed == 0 && !world_once_in(w, 4);

	if (world_once_in(w, 3))
		return;
	proc->is_lost = false;
	proc->is_found = true;
	/* It is told again, once it is known. */
	proc->is_asked = false;
	world_tell(w, id, EVENT_MAIN, is_there ? 4711 : -2);
	proc->is_ready = false;
}
