/*
 * What the cells of plan_step() do: ways from one state to another.
 * plan_run.c is about the main process, plan_hooks.c about the commands around
 * it.
 */
#ifndef SUPERVISOR_PLAN_RUN_H
#define SUPERVISOR_PLAN_RUN_H

#include "supervisor/plan.h"

/* Steps that the others are made of. */
void run_enter(struct plan *p, uint32_t id, enum svc_state state);
/* The same for a state in which those who need it may start. */
void run_enter_there(struct plan *p, uint32_t id, enum svc_state state);
void run_arm(struct plan *p, uint32_t id, uint32_t timeout_ms);
void run_because(struct plan *p, uint32_t id, enum reason reason, int32_t arg,
	uint32_t svc);
void run_spawn(struct plan *p, uint32_t id);
void run_wait_to_start(struct plan *p, uint32_t id);
void run_down(struct plan *p, uint32_t id);
void run_fail(struct plan *p, uint32_t id);
/* It has ended by itself, and for good. */
void run_over(struct plan *p, uint32_t id);

/*
 * Somebody asks. by: the service that needs it; PLAN_NONE: a person, or the
 * start of the system, and then what it did before no longer counts against
 * it, and it stays when nobody needs it.
 */
void run_wanted(struct plan *p, uint32_t id, enum svc_want want, uint32_t by);
void
run_start_afresh(struct plan *p, uint32_t id, enum svc_want want, uint32_t by);
void run_restart_running(struct plan *p, uint32_t id, uint32_t by);
/* cause: what dragged it down or has failed. */
void run_unwanted(struct plan *p, uint32_t id, uint32_t cause);
void run_leave(struct plan *p, uint32_t id, enum reason reason, uint32_t cause);
/* The same for what has nothing that would have to end first. */
void run_drop(struct plan *p, uint32_t id, enum reason reason, uint32_t cause);
/* It goes down with what it is bound to, and comes again after it. */
void run_go_along(struct plan *p, uint32_t id, uint32_t with);
/* What it had to ask need not be asked any more. */
void run_answered(struct plan *p, uint32_t id, unsigned what);
/* Of start-if and assert. */
void run_verdict(struct plan *p, uint32_t id, int32_t arg);
void run_doom_running(struct plan *p, uint32_t id, uint32_t cause);
void run_reload(struct plan *p, uint32_t id);

/* The way up. */
void run_launch(struct plan *p, uint32_t id);
void run_ready(struct plan *p, uint32_t id);
void run_arrive(struct plan *p, uint32_t id);
void run_start_timed_out(struct plan *p, uint32_t id);

/*
 * Runs the commands of a part from the first one on; false: there are none.
 * The rest is for their ends: before and behind the start, of a reload, and on
 * the way down. reason and arg tell of one that did not end well.
 */
bool run_hooks(struct plan *p, uint32_t id, enum def_part part);
void run_start_hook_ended(struct plan *p, uint32_t id, bool is_well,
	enum reason reason, int32_t arg);
void run_reload_ended(struct plan *p, uint32_t id, bool is_well);
void run_reload_timed_out(struct plan *p, uint32_t id);
void run_stop_hook_ended(struct plan *p, uint32_t id, bool is_well);

/*
 * Of a forking one. What ended well was not its main process: true, it goes on
 * without it. And what it left is found, see EVENT_MAIN.
 */
bool run_forked(struct plan *p, uint32_t id, int32_t status, bool lost);
void run_found(struct plan *p, uint32_t id, int32_t pid);

/* The end of the main process: by itself, as asked, or before it began. */
void run_ended(struct plan *p, uint32_t id, int32_t status, bool lost);
void run_stopped(struct plan *p, uint32_t id, int32_t status, bool lost);
void run_spawn_failed(struct plan *p, uint32_t id, int32_t arg);
void run_without_main(struct plan *p, uint32_t id);

/* The way down; hook_signal: to a command that runs. */
void run_let_go(struct plan *p, uint32_t id);
void run_halt(struct plan *p, uint32_t id, int hook_signal);
void run_kill_it(struct plan *p, uint32_t id);
void run_kill_again(struct plan *p, uint32_t id);
void run_after_stop(struct plan *p, uint32_t id);
/* It is up, and it was found out that it should not stay so. */
void run_unhealthy(struct plan *p, uint32_t id, uint32_t why, int32_t arg);
/* It asks for more time, which is never less than it has. */
void run_extend(struct plan *p, uint32_t id, int32_t more_ms);

/* plan_timer.c */
void run_timer_on(struct plan *p, uint32_t id);
void run_timer_off(struct plan *p, uint32_t id, uint32_t cause);
void run_due(struct plan *p, uint32_t id);

#endif
