/*
 * Which cells of plan_step() can happen, written down apart from the code:
 * from what the states mean and which facts the kernel and the settling can
 * tell about a service in each of them.
 */
#ifndef TESTS_UNIT_CELLS_H
#define TESTS_UNIT_CELLS_H

#include <stdbool.h>

#include "supervisor/plan.h"

/* False: a cell that has to say BUG. */
bool cell_is_possible(enum svc_state state, enum plan_event event);
/* Whether a service in that state has its deadline armed. */
bool cell_needs_deadline(const struct plan_svc *svc);
const char *event_name(enum plan_event event);
const char *fate_name(enum plan_fate fate);

#endif
