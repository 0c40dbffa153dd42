/*
 * The commands around a service, and the way down past them: what still runs
 * of it is waited for, and what comes next is begun when that has ended.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

static void
begin(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	s->facts |= FACT_HOOK;
	plan_act(p, ACTION_HOOK, id, s->part << 8 | s->command);
	plan_changed(p, id);
}

bool
run_hooks(struct plan *p, uint32_t id, enum def_part part)
{
	struct plan_svc *s = &p->svc[id];

	if (s->policy.hooks[part] == 0 ||
		(part == PART_STOP && plan_is_late(p)))
		return false;
	s->part = (uint8_t)part;
	s->command = 0;
	begin(p, id);
	return true;
}

/* False: that was the last one of its part. */
static bool
next_hook(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->command + 1 >= s->policy.hooks[s->part])
		return false;
	s->command++;
	begin(p, id);
	return true;
}

static void
to_main(struct plan_svc *s)
{
	if (s->part == PART_MAIN)
		return;
	s->part = PART_MAIN;
	s->command = 0;
}

static void
reloaded(struct plan *p, uint32_t id, bool is_well)
{
	plan_act(p, ACTION_RELOADED, id, is_well ? 0 : 1);
}

void
run_reload(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	/* Who asks while it is under way hears of that. */
	if ((s->facts & FACT_HOOK) != 0)
		return;
	/* A target may have a definition of another type by now. */
	if (plan_is_leaving(s) || s->runs_as == TYPE_TARGET)
		reloaded(p, id, false);
	else if (run_hooks(p, id, PART_RELOAD))
		run_arm(p, id, s->policy.start_timeout_ms);
	else
		reloaded(p, id, true);
}

void
run_reload_ended(struct plan *p, uint32_t id, bool is_well)
{
	struct plan_svc *s = &p->svc[id];

	s->facts &= (uint8_t)~FACT_HOOK;
	if (is_well && !plan_is_leaving(s) && next_hook(p, id))
		return;
	to_main(s);
	s->deadline_ms = 0;
	plan_changed(p, id);
	reloaded(p, id, is_well);
}

void
run_reload_timed_out(struct plan *p, uint32_t id)
{
	plan_act(p, ACTION_HOOK_SIGNAL, id, SIGKILL);
	run_arm(p, id, PLAN_KILL_AGAIN_MS);
	plan_changed(p, id);
}

/* Nothing of it runs any more but what comes last. */
static void
clean_up(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	to_main(s);
	if (s->policy.hooks[PART_STOP_POST] == 0 || plan_is_late(p)) {
		run_after_stop(p, id);
		return;
	}
	run_enter(p, id, SVC_STOPPING);
	plan_arm_stop(p, id, true);
	run_hooks(p, id, PART_STOP_POST);
}

/*
 * Its main process is gone, or there was none. What was to be done beside it
 * has lost its object; only a stop-command may end in peace.
 */
void
run_without_main(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if ((s->facts & FACT_HOOK) == 0) {
		clean_up(p, id);
		return;
	}
	if (s->state == SVC_STOPPING || s->state == SVC_KILLING)
		return;
	run_enter(p, id, SVC_STOPPING);
	plan_arm_stop(p, id, false);
	plan_act(p, ACTION_HOOK_SIGNAL, id, SIGKILL);
}

/* was_up: then a stop-command has something to stop. */
static void
go_down(struct plan *p, uint32_t id, bool was_up)
{
	struct plan_svc *s = &p->svc[id];

	to_main(s);
	if (was_up && run_hooks(p, id, PART_STOP))
		return;
	if ((s->facts & FACT_MAIN) != 0)
		plan_act(p, ACTION_SIGNAL, id, s->policy.stop_signal);
	else
		clean_up(p, id);
}

/* hook_signal: to what runs beside or before the main process. */
void
run_halt(struct plan *p, uint32_t id, int hook_signal)
{
	struct plan_svc *s = &p->svc[id];
	bool was_up = s->state == SVC_UP || s->state == SVC_DONE;
	bool is_up_to_stop =
		was_up && s->policy.hooks[PART_STOP] > 0 && !plan_is_late(p);

	if ((s->facts & (FACT_MAIN | FACT_HOOK)) == 0 && !is_up_to_stop) {
		clean_up(p, id);
		return;
	}
	run_enter(p, id, SVC_STOPPING);
	plan_arm_stop(p, id, false);
	if ((s->facts & FACT_HOOK) != 0)
		plan_act(p, ACTION_HOOK_SIGNAL, id, hook_signal);
	else
		go_down(p, id, was_up);
}

static void
start_hook_failed(struct plan *p, uint32_t id, enum reason reason, int32_t arg)
{
	struct plan_svc *s = &p->svc[id];

	if (!plan_is_leaving(s)) {
		run_because(p, id, reason, arg, PLAN_NONE);
		s->fate = (s->facts & FACT_MAIN) != 0 ? FATE_RETRY : FATE_ENDED;
	}
	if ((s->facts & FACT_MAIN) != 0)
		run_halt(p, id, SIGTERM);
	else
		run_without_main(p, id);
}

void
run_start_hook_ended(struct plan *p, uint32_t id, bool is_well,
	enum reason reason, int32_t arg)
{
	struct plan_svc *s = &p->svc[id];
	bool is_before = s->part == PART_START_PRE;

	s->facts &= (uint8_t)~FACT_HOOK;
	if (!is_well) {
		to_main(s);
		start_hook_failed(p, id, reason, arg);
	} else if (is_before && plan_is_leaving(s)) {
		run_without_main(p, id);
	} else if (!next_hook(p, id)) {
		to_main(s);
		if (is_before)
			run_spawn(p, id);
		else
			run_arrive(p, id);
	}
}

/* On the way down. */
void
run_stop_hook_ended(struct plan *p, uint32_t id, bool is_well)
{
	struct plan_svc *s = &p->svc[id];
	enum def_part part = (enum def_part)s->part;

	s->facts &= (uint8_t)~FACT_HOOK;
	plan_changed(p, id);
	if (is_well && s->state == SVC_STOPPING &&
		(part == PART_STOP || part == PART_STOP_POST) &&
		next_hook(p, id))
		return;
	to_main(s);
	if (part == PART_RELOAD)
		reloaded(p, id, false);
	if (part == PART_STOP_POST)
		run_after_stop(p, id);
	else if ((s->facts & FACT_MAIN) == 0)
		clean_up(p, id);
	else if (s->state == SVC_STOPPING)
		go_down(p, id, part == PART_RELOAD);
}
