/*
 * Places for children that share our memory until they exec: a stack and an
 * arena each. There are many more than are meant to be used at a time, so that
 * children which hang in open or exec leave room for the others; they are
 * address space only until they are used, and the lowest are used first.
 */
#ifndef SUPERVISOR_SLOTS_H
#define SUPERVISOR_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/child.h"
#include "supervisor/spawn_build.h"
#include "supervisor/spec.h"

struct supervisor;

struct slot {
	volatile int32_t is_busy; /* the kernel clears it at exec or exit */
	bool is_taken;
	uint32_t svc; /* who, as pids.h says */
	uint64_t from_ms;
	struct spec spec;
	struct child_context child;
	struct spawn_memory memory;
};

/* The lowest one that is not taken, NULL if all are. */
struct slot *slots_free(void);
void slots_take(struct slot *slot, uint32_t svc, uint64_t now_ms);
void slots_release(struct slot *slot);

/* The taken one at or after *i, which is moved behind it; NULL: no more. */
struct slot *slots_next(unsigned *i);

/* The end of its stack, which grows down from there to the slot before. */
char *slots_stack(const struct slot *slot);
/* Its arena, with nothing in it. */
struct spawn_memory slots_arena(const struct slot *slot);

/* Gives memory back that only a burst of starts had needed. */
void slots_give_back(struct supervisor *sv);

#endif
