/*
 * What the two halves of the plan share: plan_step.c decides for one service,
 * plan.c carries the consequences to its neighbours.
 */
#ifndef SUPERVISOR_PLAN_PRIVATE_H
#define SUPERVISOR_PLAN_PRIVATE_H

#include "supervisor/plan.h"

/* plan_svc.marks */
#define MARK_QUEUED 1u
#define MARK_LOOK   2u	/* see whether its gate is open */
#define MARK_NEWS   4u	/* tell those who wait for it */
#define MARK_PULL   8u	/* start what it needs */
#define MARK_PUSH   16u /* stop or restart what requires it */

void plan_mark(struct plan *plan, uint32_t id, unsigned marks);
void plan_changed(struct plan *plan, uint32_t id);
void plan_act(struct plan *plan, enum plan_action_kind kind, uint32_t id,
	int32_t arg);

#endif
