/*
 * What the parts of the plan share: plan_step.c decides for one service,
 * plan_gate.c says whether it may go on, plan.c tells its neighbours.
 */
#ifndef SUPERVISOR_PLAN_PRIVATE_H
#define SUPERVISOR_PLAN_PRIVATE_H

#include "supervisor/plan.h"

/* plan_svc.marks */
#define MARK_QUEUED 1u
#define MARK_LOOK   2u	/* see whether its gate is open */
#define MARK_NEWS   4u	/* tell those who wait for it */
#define MARK_PULL   8u	/* start what it requires and wants */
#define MARK_PUSH   16u /* stop or restart what requires it */
#define MARK_NEED   32u /* start what it requires: it restarts by itself */

enum gate {
	GATE_OPEN,
	GATE_WAIT, /* for *at */
	GATE_LOST  /* *at will not be there */
};

/* Whether what it needs is there; remembers where it had to wait. */
enum gate plan_gate_start(struct plan *plan, uint32_t id, uint32_t *at);
/* Somebody that comes after it is going down as well and still runs. */
bool plan_gate_is_held(struct plan *plan, uint32_t id);
/* It will not be there until somebody does something about it. */
bool plan_gate_is_lost(const struct plan_svc *svc);

void plan_mark(struct plan *plan, uint32_t id, unsigned marks);
void plan_changed(struct plan *plan, uint32_t id);
void plan_act(struct plan *plan, enum plan_action_kind kind, uint32_t id,
	int32_t arg);

#endif
