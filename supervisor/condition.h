/*
 * Whether an item of lib/condition.h holds on this machine. May block, so it is
 * called in a child that has its own memory.
 */
#ifndef SUPERVISOR_CONDITION_H
#define SUPERVISOR_CONDITION_H

#include <stdbool.h>

struct condition;

/* Not for exec:. is_container: what `container` asks. */
bool condition_holds(const struct condition *condition, bool is_container);

/*
 * Waits until an item of wait-for holds: is told by the kernel where that is
 * possible, and looks once a second where it is not. Returns once it holds.
 */
void condition_wait(const struct condition *condition);

#endif
