/*
 * One service in the middle of three, put into any state at will: what it
 * needs is service 0, who needs it is service 2.
 */
#ifndef TESTS_UNIT_ONE_H
#define TESTS_UNIT_ONE_H

#include "lib/def.h"
#include "supervisor/plan.h"

#define ONE 1u /* its id */

struct one {
	struct plan plan;
	struct plan_svc svc[3];
	uint32_t changed[3];
};

/*
 * Makes it so. What it needs is up, or still starts if it waits; who needs it
 * is down, or being killed, and so holds it, if it is about to go.
 */
void one_init(struct one *one, enum svc_type type, enum svc_state state,
	enum svc_want want, enum plan_fate fate);
/* One event and all that follows; statuses and errnos are 1 and ENOENT,
 * but a hook ends well. */
void one_take(struct one *one, enum plan_event event);
/* The last action for it; NULL: none. */
const struct plan_action *one_action(const struct one *one);
/* No service is ever in such a state with that wish and that fate. */
bool one_is_nonsense(enum svc_type type, enum svc_state state,
	enum svc_want want, enum plan_fate fate);

#endif
