#include "tests/unit/world.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "lib/def.h"
#include "tests/unit/cells.h"

/* So many turns of the kernel end everything, or something hangs. */
#define FINISH_TURNS 5000u

static const int32_t statuses[] = {0, 0, 0, 0, 1 << 8, 3 << 8, 255 << 8,
	SIGTERM, SIGKILL, SIGSEGV | 0x80, SIGHUP};
static const int32_t errors[] = {ENOENT, EACCES, EAGAIN, ENOMEM, ETXTBSY,
	STEP_USER << 16 | EINVAL, STEP_LOG << 16 | ENFILE};

static void
hash(struct world *w, uint64_t n)
{
	w->hash = (w->hash ^ n) * 0x100000001b3u;
}

void
world_complain(struct world *w, uint32_t id, const char *what)
{
	if (w->bad)
		return;
	w->bad = what;
	w->bad_id = id;
}

/* Tells the plan; what happens then is found by settle(). */
void
world_tell(struct world *w, uint32_t id, enum plan_event event, int32_t arg)
{
	const struct plan_svc *s = &w->svc[id];
	bool is_end = event == EVENT_EXITED || event == EVENT_LOST;
	bool is_of_hook = event == EVENT_HOOK_EXITED ||
			  event == EVENT_HOOK_LOST ||
			  event == EVENT_HOOK_FAILED;
	bool is_own = (is_end || is_of_hook || event == EVENT_MAIN) &&
		      (((s->state == SVC_STARTING || s->state == SVC_UP) &&
			       !plan_is_leaving(s)) ||
			      s->fate == FATE_ENDED);
	uint32_t actions = w->plan.actions;

	/* What a forking one leaves behind goes on. */
	if ((is_end && !world_forks(w, id, event, arg)) ||
		event == EVENT_SPAWN_FAILED ||
		(event == EVENT_MAIN && arg <= 0))
		w->proc[id].is_alive = false;
	if (is_of_hook)
		w->hook[id].is_alive = false;
	if (is_end)
		w->did_well[id] =
			event == EVENT_EXITED && world_is_good_end(w, s, arg);
	w->event = event;
	w->event_id = id;
	if (w->trace)
		w->trace(w, id, event, arg);
	plan_event(&w->plan, id, event, arg,
		event == EVENT_UNHEALTHY ? REASON_UNHEALTHY : PLAN_NONE);
	if (w->plan.actions > actions + 2)
		world_complain(w, id, "more than 2 actions of one event");
	if (s->state != SVC_DOWN || is_own)
		w->has_left[id] = is_own && s->state == SVC_DOWN;
}

static void
act_spawn(struct world *w, uint32_t id, int32_t command)
{
	if (w->proc[id].is_alive)
		world_complain(w, id, "a second process is made");
	/* Its stop may be among the same actions, further down. */
	if (w->svc[id].state != SVC_STARTING &&
		w->svc[id].state != SVC_STOPPING)
		world_complain(w, id, "spawned in another state than starting");
	if (command < 0 || command >= w->svc[id].policy.commands)
		world_complain(w, id, "there is no such command");
	w->needs_cleaning[id] = true;
	w->proc[id] = (struct proc){.is_alive = true,
		.is_deaf = world_once_in(w, 4),
		.kills = world_once_in(w, 20) ? 3 : 1};
	if (world_once_in(w, 30)) {
		w->proc[id].has_failed = true;
		world_tell(
			w, id, EVENT_SPAWN_FAILED, errors[world_below(w, 7)]);
	}
}

static void
act_signal(struct world *w, uint32_t id, int32_t signal)
{
	struct proc *proc = &w->proc[id];

	if (!proc->is_alive) {
		/* Its spawn failed at once, after the signal was decided on. */
		if (!proc->has_failed)
			world_complain(w, id, "a signal without a process");
		return;
	}
	if (signal == SIGKILL)
		proc->killed++;
	else if (signal != SIGTERM || proc->is_asked)
		world_complain(w, id, "not one stop signal");
	proc->is_asked = true;
	/* It was still queued for its turn to be made. */
	if (!proc->is_ready && world_once_in(w, 10))
		world_tell(w, id, EVENT_SPAWN_FAILED, ECANCELED);
}

static void
settle_once(struct world *w)
{
	struct plan_action todo[PLAN_ACTIONS];

	for (;;) {
		bool has_more = plan_settle(&w->plan);
		uint32_t count = w->plan.actions;

		if (count == 0 && !has_more)
			return;
		memcpy(todo, w->plan.action, count * sizeof(todo[0]));
		w->plan.actions = 0;
		for (uint32_t i = 0; i < count; i++) {
			hash(w, todo[i].kind);
			hash(w, todo[i].svc);
			hash(w, (uint32_t)todo[i].arg);
			if (todo[i].kind == ACTION_SPAWN)
				act_spawn(w, todo[i].svc, todo[i].arg);
			else if (todo[i].kind == ACTION_SIGNAL)
				act_signal(w, todo[i].svc, todo[i].arg);
			else if (todo[i].kind == ACTION_SEARCH)
				w->proc[todo[i].svc].is_lost = true;
			else if (todo[i].kind == ACTION_ASK)
				w->asked[todo[i].svc] = (uint8_t)todo[i].arg;
			else if (todo[i].kind != ACTION_BUG)
				world_act_hook(w, &todo[i]);
			else
				world_complain(w, todo[i].svc, "BUG");
		}
		for (uint32_t id = 0; id < w->plan.count; id++) {
			w->proc[id].has_failed = false;
			w->hook[id].has_failed = false;
		}
	}
}

static void
settle(struct world *w)
{
	settle_once(w);
	for (uint32_t id = 0; id < w->plan.count; id++) {
		if (!w->is_masked_next[id] || plan_is_running(&w->svc[id]))
			continue;
		w->is_masked_next[id] = false;
		plan_define(&w->plan, id, &w->svc[id].policy, SVC_MASKED);
		settle_once(w);
	}
	world_check(w);
	for (uint32_t i = 0; i < w->plan.changes; i++) {
		const struct plan_svc *s = &w->svc[w->changed[i]];

		w->svc[w->changed[i]].is_changed = false;
		hash(w, s->state | (uint64_t)s->want << 8 |
				(uint64_t)s->fate << 16);
		hash(w, s->deadline_ms);
	}
	w->plan.changes = 0;
	memcpy(w->before, w->svc, sizeof(w->svc));
}

/* What the process of id does next. */
static void
own_process_does(struct world *w, uint32_t id)
{
	struct proc *proc = &w->proc[id];
	const struct plan_svc *s = &w->svc[id];
	bool is_oneshot = s->policy.type == TYPE_ONESHOT;
	bool has_end = proc->is_asked &&
		       (!proc->is_deaf || s->policy.stop_timeout_ms == 0);

	if (proc->killed == 0 && !proc->is_ready && !proc->is_found &&
		world_once_in(w, 12)) {
		world_tell(
			w, id, EVENT_SPAWN_FAILED, errors[world_below(w, 7)]);
	} else if (s->state == SVC_UP && s->runs_as != TYPE_TARGET &&
		   world_once_in(w, 15)) {
		world_tell(w, id, EVENT_UNHEALTHY, 3);
	} else if (cell_is_possible((enum svc_state)s->state, EVENT_EXTEND) &&
		   world_once_in(w, 10)) {
		world_tell(
			w, id, EVENT_EXTEND, (int32_t)world_below(w, 100000));
	} else if (!proc->is_ready && world_once_in(w, 2)) {
		/* One that was killed meanwhile had been under way. */
		proc->is_ready = true;
		world_tell(w, id, EVENT_READY, 0);
	} else if (proc->killed > 0) {
		if (proc->killed >= proc->kills)
			world_tell(w, id,
				world_once_in(w, 9) ? EVENT_LOST : EVENT_EXITED,
				SIGKILL);
	} else if (has_end || world_once_in(w, is_oneshot ? 2 : 12)) {
		proc->is_ready = true;
		if (world_once_in(w, 15))
			world_tell(w, id, EVENT_LOST, 0);
		else
			world_tell(w, id, EVENT_EXITED,
				statuses[world_below(w, 11)]);
	}
}

static void
process_does(struct world *w, uint32_t id)
{
	if (w->proc[id].is_lost) {
		world_search(w, id);
		return;
	}
	own_process_does(w, id);
}

/* What it was asked; by now nobody may want to know it any more. */
static void
answer(struct world *w, uint32_t id)
{
	static const uint8_t verdicts[] = {PLAN_CONDITION_HOLDS,
		PLAN_CONDITION_HOLDS, PLAN_CONDITION_SKIP,
		PLAN_CONDITION_ASSERT};
	unsigned what = w->asked[id];

	w->asked[id] = 0;
	if (w->svc[id].asking != what)
		return;
	if (what == PLAN_ASK_WAIT)
		world_tell(w, id, EVENT_THERE, 0);
	else
		world_tell(w, id, EVENT_CONDITION,
			verdicts[world_below(w, 4)] | (int32_t)world_below(w, 3)
							      << 8);
}

/* A process, chosen from those there are. False: there is none. */
static bool
kernel_tells(struct world *w)
{
	uint32_t from = world_below(w, w->plan.count);

	for (uint32_t i = 0; i < w->plan.count; i++) {
		uint32_t id = (from + i) % w->plan.count;

		if (w->asked[id] != 0) {
			answer(w, id);
			return true;
		}
		if (w->hook[id].is_alive &&
			(!w->proc[id].is_alive || world_once_in(w, 2))) {
			world_hook_does(w, id);
			return true;
		}
		if (w->proc[id].is_alive) {
			process_does(w, id);
			return true;
		}
	}
	return false;
}

/* Time goes on to the next deadline. False: there is none. */
static bool
time_passes(struct world *w)
{
	uint32_t id = PLAN_NONE;

	for (uint32_t i = 0; i < w->plan.count; i++)
		if (w->svc[i].deadline_ms != 0 &&
			(id == PLAN_NONE ||
				w->svc[i].deadline_ms < w->svc[id].deadline_ms))
			id = i;
	if (id == PLAN_NONE)
		return false;
	if (w->plan.now_ms < w->svc[id].deadline_ms) {
		w->plan.boot_ms += w->svc[id].deadline_ms - w->plan.now_ms;
		w->plan.now_ms = w->svc[id].deadline_ms;
	}
	world_tell(w, id, EVENT_TIMEOUT, 0);
	return true;
}

static void
define(struct world *w, uint32_t id)
{
	static const enum svc_state states[] = {
		SVC_DOWN, SVC_DOWN, SVC_DOWN, SVC_MASKED, SVC_INVALID};
	struct plan_policy policy = world_policy(w);
	enum svc_state state = states[world_below(w, 5)];

	/* What is armed was armed by the old one. */
	if (w->svc[id].deadline_ms != 0 || plan_is_running(&w->svc[id])) {
		policy.start_timeout_ms = w->svc[id].policy.start_timeout_ms;
		policy.stop_timeout_ms = w->svc[id].policy.stop_timeout_ms;
	}
	if (state == SVC_DOWN)
		w->is_masked_next[id] = false;
	/* What there was to be run before and behind it is another now. */
	w->needs_cleaning[id] = false;
	if (!plan_define(&w->plan, id, &policy, state))
		return;
	w->is_masked_next[id] = true;
	world_tell(w, id, EVENT_STOP, 0);
}

static void
ask(struct world *w, uint32_t id, enum plan_event event)
{
	if (event == EVENT_RELOAD && w->svc[id].state == SVC_UP)
		w->is_reloading[id] = true;
	world_tell(w, id, event, 0);
}

static void
person_asks(struct world *w)
{
	static const enum plan_event events[] = {EVENT_START, EVENT_START,
		EVENT_START, EVENT_START, EVENT_ONCE, EVENT_STOP, EVENT_STOP,
		EVENT_STOP, EVENT_RESTART, EVENT_RESTART, EVENT_RESET,
		EVENT_RELOAD, EVENT_RELOAD};
	uint32_t id = world_below(w, w->plan.count);

	if (world_once_in(w, 25)) {
		define(w, id);
		return;
	}
	if (world_once_in(w, 25)) {
		world_reload(w);
		return;
	}
	ask(w, id, events[world_below(w, 13)]);
}

/* A definition is put in force, or its time comes. */
static void
timer_tells(struct world *w)
{
	uint32_t id = world_below(w, w->plan.count);

	world_tell(w, id, world_once_in(w, 3) ? EVENT_ARM : EVENT_DUE, 0);
}

void
world_step(struct world *w)
{
	uint64_t pause;

	w->random = w->life->step[w->steps++] | 1;
	pause = world_once_in(w, 3) ? world_below(w, 300) : 0;
	/* The machine slept, or somebody set its clock. */
	if (world_once_in(w, 40))
		w->plan.boot_ms += (uint64_t)world_below(w, 100000) * 1000;
	for (uint32_t i = 0; i < w->plan.count; i++)
		if (w->svc[i].deadline_ms != 0 &&
			w->svc[i].deadline_ms < w->plan.now_ms + pause)
			pause = 0;
	w->plan.now_ms += pause;
	w->plan.boot_ms += pause;
	if (world_once_in(w, 12))
		timer_tells(w);
	else if (world_once_in(w, 4))
		person_asks(w);
	else if (world_once_in(w, 5))
		time_passes(w);
	else
		kernel_tells(w);
	settle(w);
}

void
world_finish(struct world *w)
{
	uint32_t turns = 0;

	w->random = w->life->seed | 1;
	plan_finish(&w->plan);
	settle(w);
	while (!w->bad && turns++ < FINISH_TURNS) {
		bool is_over = !kernel_tells(w);

		settle(w);
		if (world_once_in(w, 10) || is_over)
			is_over = !time_passes(w) && is_over;
		settle(w);
		if (is_over)
			break;
	}
	if (!plan_is_finished(&w->plan))
		world_complain(w, 0, "finish does not end");
	for (uint32_t id = 0; id < w->plan.count; id++) {
		enum svc_state state = (enum svc_state)w->svc[id].state;

		if (state != SVC_DOWN && state != SVC_FAILED &&
			state != SVC_MASKED && state != SVC_INVALID)
			world_complain(w, id, "not down in the end");
	}
}
