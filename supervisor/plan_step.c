/*
 * The life-cycle of one service. plan_step() is the table: a row a state, a
 * cell an event. A missing cell does not compile; a cell that cannot happen
 * says so and keeps the state.
 */
#include <signal.h>
#include <stddef.h>

#include "supervisor/plan_private.h"
#include "supervisor/plan_run.h"

static void
bug(struct plan *p, uint32_t id, enum plan_event event)
{
	plan_act(p, ACTION_BUG, id, (int32_t)event);
}

/* What a command around it that ended means for a start. */
static void
start_hook(struct plan *p, uint32_t id, enum plan_event event, int32_t arg)
{
	int32_t part = p->svc[id].part;

	if (event == EVENT_HOOK_FAILED)
		run_start_hook_ended(
			p, id, false, REASON_HOOK_FAILED, part << 24 | arg);
	else if (event == EVENT_HOOK_LOST)
		run_start_hook_ended(p, id, false, REASON_HOOK_EXITED,
			part << 16 | REASON_UNSEEN);
	else
		run_start_hook_ended(p, id, arg == 0, REASON_HOOK_EXITED,
			part << 16 | (arg & 0xffff));
}

static bool
is_well(enum plan_event event, int32_t arg)
{
	return event == EVENT_HOOK_EXITED && arg == 0;
}

/* The one function that may be long: it is the whole life-cycle. */
/* NOLINTBEGIN(readability-function-size) */
void
plan_step(struct plan *p, uint32_t id, enum plan_event event, int32_t arg,
	uint32_t svc)
{
	struct plan_svc *s = &p->svc[id];

	switch ((enum svc_state)s->state) {
	case SVC_DOWN:
	case SVC_FAILED:
	case SVC_SKIPPED:
		switch (event) {
		case EVENT_START:
		case EVENT_RESTART:
			run_start_afresh(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_start_afresh(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			if (s->state == SVC_DOWN) {
				run_timer_off(p, id, svc);
				break;
			}
			/* Those who require it may run: skipped counts as up,
			 * and of a failure just now they are yet to hear. */
			run_unwanted(p, id, svc);
			run_down(p, id);
			break;
		case EVENT_RESET:
			if (s->state != SVC_FAILED)
				break;
			run_because(p, id, REASON_ASKED, 0, PLAN_NONE);
			run_down(p, id);
			break;
		case EVENT_DEP_FAILED:
		case EVENT_RELOAD:
			break;
		case EVENT_UNNEEDED:
			if (s->state == SVC_SKIPPED)
				run_drop(p, id, REASON_UNNEEDED, PLAN_NONE);
			else
				bug(p, id, event);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			run_due(p, id);
			break;
		case EVENT_GO:
		case EVENT_FREE:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_EXITED:
		case EVENT_LOST:
		case EVENT_TIMEOUT:
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
		case EVENT_MAIN:
		case EVENT_CONFLICT:
		case EVENT_DEP_EXITED:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_WAITING:
		switch (event) {
		case EVENT_START:
		case EVENT_RESTART:
			run_wanted(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_wanted(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			run_down(p, id);
			break;
		case EVENT_RESET:
		case EVENT_RELOAD:
			break;
		case EVENT_GO:
			run_launch(p, id);
			break;
		case EVENT_DEP_FAILED:
			run_because(p, id, REASON_DEP_FAILED, 0, svc);
			run_fail(p, id);
			break;
		case EVENT_UNNEEDED:
			run_drop(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_drop(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_THERE:
			run_answered(p, id, PLAN_ASK_WAIT);
			break;
		case EVENT_CONDITION:
			run_verdict(p, id, arg);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			break;
		case EVENT_FREE:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_EXITED:
		case EVENT_LOST:
		case EVENT_TIMEOUT:
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
		case EVENT_MAIN:
		case EVENT_DEP_EXITED:
		case EVENT_DEP_BACK:
		case EVENT_UNHEALTHY:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_STARTING:
		switch (event) {
		case EVENT_START:
			run_wanted(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_wanted(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			break;
		case EVENT_RESTART:
			run_restart_running(p, id, svc);
			break;
		case EVENT_RESET:
		case EVENT_RELOAD:
			break;
		case EVENT_DEP_FAILED:
			run_doom_running(p, id, svc);
			break;
		case EVENT_FREE:
			run_halt(p, id, SIGTERM);
			break;
		case EVENT_SPAWN_FAILED:
			run_spawn_failed(p, id, arg);
			break;
		case EVENT_READY:
			run_ready(p, id);
			break;
		case EVENT_EXITED:
			run_ended(p, id, arg, false);
			break;
		case EVENT_LOST:
			run_ended(p, id, 0, true);
			break;
		case EVENT_TIMEOUT:
			run_start_timed_out(p, id);
			break;
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
			start_hook(p, id, event, arg);
			break;
		case EVENT_MAIN:
			run_found(p, id, arg);
			break;
		case EVENT_UNNEEDED:
			run_leave(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_leave(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_DEP_EXITED:
			run_go_along(p, id, svc);
			break;
		case EVENT_EXTEND:
			run_extend(p, id, arg);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			break;
		case EVENT_GO:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_UP:
		switch (event) {
		case EVENT_START:
			run_wanted(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_wanted(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			break;
		case EVENT_RESTART:
			run_restart_running(p, id, svc);
			break;
		case EVENT_RESET:
			break;
		case EVENT_DEP_FAILED:
			run_doom_running(p, id, svc);
			break;
		case EVENT_FREE:
			run_let_go(p, id);
			break;
		case EVENT_EXITED:
			run_ended(p, id, arg, false);
			break;
		case EVENT_LOST:
			run_ended(p, id, 0, true);
			break;
		case EVENT_TIMEOUT:
			run_reload_timed_out(p, id);
			break;
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
			run_reload_ended(p, id, is_well(event, arg));
			break;
		case EVENT_RELOAD:
			run_reload(p, id);
			break;
		case EVENT_UNNEEDED:
			run_leave(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_leave(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_DEP_EXITED:
			run_go_along(p, id, svc);
			break;
		case EVENT_UNHEALTHY:
			run_unhealthy(p, id, svc, arg);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			break;
		case EVENT_GO:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_MAIN:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_DONE:
		switch (event) {
		case EVENT_START:
			run_wanted(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_wanted(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			break;
		case EVENT_RESTART:
			run_restart_running(p, id, svc);
			break;
		case EVENT_RESET:
		case EVENT_RELOAD:
			break;
		case EVENT_DEP_FAILED:
			run_doom_running(p, id, svc);
			break;
		case EVENT_FREE:
			run_let_go(p, id);
			break;
		case EVENT_UNNEEDED:
			run_leave(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_leave(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_DEP_EXITED:
			run_go_along(p, id, svc);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			run_due(p, id);
			break;
		case EVENT_GO:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_EXITED:
		case EVENT_LOST:
		case EVENT_TIMEOUT:
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
		case EVENT_MAIN:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_STOPPING:
	case SVC_KILLING:
		switch (event) {
		case EVENT_START:
			run_wanted(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_wanted(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			break;
		case EVENT_RESTART:
			run_restart_running(p, id, svc);
			break;
		case EVENT_RESET:
		case EVENT_RELOAD:
		case EVENT_READY:
			break;
		case EVENT_DEP_FAILED:
			run_doom_running(p, id, svc);
			break;
		case EVENT_SPAWN_FAILED:
			run_spawn_failed(p, id, arg);
			break;
		case EVENT_EXITED:
			run_stopped(p, id, arg, false);
			break;
		case EVENT_LOST:
			run_stopped(p, id, 0, true);
			break;
		case EVENT_TIMEOUT:
			if (s->state == SVC_KILLING)
				run_kill_again(p, id);
			else
				run_kill_it(p, id);
			break;
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
			run_stop_hook_ended(p, id, is_well(event, arg));
			break;
		case EVENT_MAIN:
			run_found(p, id, arg);
			break;
		case EVENT_UNNEEDED:
			run_leave(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_leave(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_EXTEND:
			if (s->state == SVC_STOPPING)
				run_extend(p, id, arg);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			break;
		case EVENT_GO:
		case EVENT_FREE:
		case EVENT_DEP_EXITED:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_BACKOFF:
		switch (event) {
		case EVENT_START:
		case EVENT_RESTART:
			run_start_afresh(p, id, WANT_UP, svc);
			break;
		case EVENT_ONCE:
			run_start_afresh(p, id, WANT_ONCE, svc);
			break;
		case EVENT_STOP:
			run_unwanted(p, id, svc);
			run_down(p, id);
			break;
		case EVENT_RESET:
		case EVENT_RELOAD:
			break;
		case EVENT_DEP_FAILED:
			run_because(p, id, REASON_DEP_FAILED, 0, svc);
			run_fail(p, id);
			break;
		case EVENT_TIMEOUT:
			run_wait_to_start(p, id);
			break;
		case EVENT_UNNEEDED:
			run_drop(p, id, REASON_UNNEEDED, PLAN_NONE);
			break;
		case EVENT_CONFLICT:
			run_drop(p, id, REASON_CONFLICT, svc);
			break;
		case EVENT_DEP_BACK:
			run_wait_to_start(p, id);
			break;
		case EVENT_ARM:
			run_timer_on(p, id);
			break;
		case EVENT_DUE:
			break;
		case EVENT_GO:
		case EVENT_FREE:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_EXITED:
		case EVENT_LOST:
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
		case EVENT_MAIN:
		case EVENT_DEP_EXITED:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_MASKED:
	case SVC_INVALID:
		switch (event) {
		case EVENT_START:
		case EVENT_ONCE:
		case EVENT_STOP:
		case EVENT_RESTART:
		case EVENT_RESET:
		case EVENT_RELOAD:
		case EVENT_DEP_FAILED:
		case EVENT_ARM:
		case EVENT_DUE:
			break;
		case EVENT_GO:
		case EVENT_FREE:
		case EVENT_SPAWN_FAILED:
		case EVENT_READY:
		case EVENT_EXITED:
		case EVENT_LOST:
		case EVENT_TIMEOUT:
		case EVENT_HOOK_EXITED:
		case EVENT_HOOK_LOST:
		case EVENT_HOOK_FAILED:
		case EVENT_MAIN:
		case EVENT_UNNEEDED:
		case EVENT_CONFLICT:
		case EVENT_DEP_EXITED:
		case EVENT_DEP_BACK:
		case EVENT_THERE:
		case EVENT_CONDITION:
		case EVENT_UNHEALTHY:
		case EVENT_EXTEND:
		case PLAN_EVENTS:
			bug(p, id, event);
			break;
		}
		break;
	case SVC_STATES:
		bug(p, id, event);
		break;
	}
}
/* NOLINTEND(readability-function-size) */
