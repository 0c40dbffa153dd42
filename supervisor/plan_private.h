/*
 * What the parts of the plan share: plan_step.c decides for one service,
 * plan_gate.c says whether it may go on, plan.c tells its neighbours.
 */
#ifndef SUPERVISOR_PLAN_PRIVATE_H
#define SUPERVISOR_PLAN_PRIVATE_H

#include "supervisor/plan.h"

/* plan_svc.marks */
#define MARK_QUEUED 1u
#define MARK_LOOK   2u	 /* see whether its gate is open */
#define MARK_NEWS   4u	 /* tell those who wait for it */
#define MARK_PULL   8u	 /* start what it requires and wants */
#define MARK_PUSH   16u	 /* stop or restart what requires it */
#define MARK_NEED   32u	 /* start what it requires: it restarts by itself */
#define MARK_EXIT   64u	 /* it ended by itself: tell what is bound to it */
#define MARK_BACK   128u /* it has come up: tell those that back off */
#define MARK_FAILED 256u /* start what is to run on its failure */
#define MARK_STAY   512u /* see whether what it is bound to is there */

enum gate {
	GATE_OPEN,
	GATE_WAIT, /* for *at */
	GATE_LOST  /* *at will not be there */
};

/* Whether what it needs is there; remembers where it had to wait. */
enum gate plan_gate_start(struct plan *plan, uint32_t id, uint32_t *at);
/* Somebody that comes after it is going down as well and still runs. */
bool plan_gate_is_held(struct plan *plan, uint32_t id);
/* Somebody is there, or on the way, who started it and needs it still. */
bool plan_gate_is_needed(struct plan *plan, uint32_t id);
/* Those who need it may start. */
bool plan_gate_is_there(const struct plan_svc *svc);
/* It will not be there until somebody does something about it. */
bool plan_gate_is_lost(const struct plan_svc *svc);

/* plan_depend.c: what follows from its marks for others. */
void plan_tell_depending(struct plan *plan, uint32_t id, unsigned marks);
/* What it conflicts with is stopped. */
void plan_push_away(struct plan *plan, uint32_t id);
/* It does not run for its own sake: it goes when nobody needs it. */
bool plan_may_be_unneeded(const struct plan *plan, const struct plan_svc *svc);
/* It is gone: looks at those that ran for it. */
void plan_release(struct plan *plan, uint32_t id);
/* Asks what has to be asked before it starts. False: nothing is left. */
bool plan_ask(struct plan *plan, uint32_t id);
/* plan_exit.c: by `restart`. */
bool
plan_exit_is_retried(const struct plan_svc *svc, bool clean, bool by_signal);
/* An errno of a start that is worth another try whatever `restart` says. */
bool plan_exit_is_transient(int error);
/* By restart-prevent-exit-status. */
bool plan_is_prevented(const struct plan *plan, const struct plan_svc *svc);

/* plan_budget.c: the time for a stop, or its stop-post, begins to run. */
void plan_arm_stop(struct plan *plan, uint32_t id, bool is_post);
/* It has no longer than everything else allows; nothing if it does not stop. */
void plan_cap_stop(struct plan *plan, uint32_t id);
/* Its time is up: after how long; for the reason. */
int32_t plan_stop_took_ms(const struct plan *plan, uint32_t id);
/* There is no time left for commands. */
bool plan_is_late(const struct plan *plan);

void plan_mark(struct plan *plan, uint32_t id, unsigned marks);
void plan_changed(struct plan *plan, uint32_t id);
void plan_act(struct plan *plan, enum plan_action_kind kind, uint32_t id,
	int32_t arg);

#endif
