/*
 * What the cells of plan_step() do: ways from one state to another.
 */
#ifndef SUPERVISOR_PLAN_RUN_H
#define SUPERVISOR_PLAN_RUN_H

#include "supervisor/plan.h"

void run_start_afresh(struct plan *p, uint32_t id, enum svc_want want);
void run_unwanted(struct plan *p, uint32_t id, uint32_t cause);
void run_down(struct plan *p, uint32_t id);
void run_because(struct plan *p, uint32_t id, enum reason reason, int32_t arg,
	uint32_t svc);
void run_wanted(struct plan *p, uint32_t id, enum svc_want want);
void run_launch(struct plan *p, uint32_t id);
void run_fail(struct plan *p, uint32_t id);
void run_restart_running(struct plan *p, uint32_t id);
void run_doom_running(struct plan *p, uint32_t id, uint32_t cause);
void run_halt(struct plan *p, uint32_t id);
void run_spawn_failed(struct plan *p, uint32_t id, int32_t arg);
void run_ready(struct plan *p, uint32_t id);
void run_ended(struct plan *p, uint32_t id, int32_t status, bool lost);
void run_start_timed_out(struct plan *p, uint32_t id);
void run_let_go(struct plan *p, uint32_t id);
void run_after_stop(struct plan *p, uint32_t id);
void run_stopped(struct plan *p, uint32_t id, int32_t status, bool lost);
void run_kill_again(struct plan *p, uint32_t id);
void run_kill_it(struct plan *p, uint32_t id);
void run_wait_to_start(struct plan *p, uint32_t id);

#endif
