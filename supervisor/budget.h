/*
 * A budget for stopping everything, shared out: how long each service may take
 * to stop, so that the last one has ended when the budget is used up. Pure.
 *
 * Services stop one after the other along EDGE_AFTER, users first, and side by
 * side where nothing orders them. A service on ways that are short enough keeps
 * what it asks for. On the others each keeps a small floor, and the rest of
 * what it asks for is cut in the same proportion as that of the longest way on
 * which it lies. No way is longer than the window then: whoever has a longest
 * way of its own is cut at least as much as that way needs.
 */
#ifndef SUPERVISOR_BUDGET_H
#define SUPERVISOR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/graph.h"

/* own_ms of one that may take as long as there is. */
#define BUDGET_FOREVER UINT64_MAX
/* Nothing is cut below this, unless so many wait for each other that it could
 * not be given to all: TERM should have a chance to be answered. */
#define BUDGET_FLOOR_MS 100u

struct budget_node {
	bool is_there;	   /* in: it runs, and orders others */
	uint64_t own_ms;   /* in: what it asks for; 0: it is gone at once */
	uint32_t share_ms; /* out: what it gets */
	uint32_t tail_ms;  /* out: what those get that stop after its end */
	uint32_t level;	   /* out: from 0, those that stop first */
	/* private */
	uint32_t waits; /* users whose end it waits for */
	uint64_t weight;
	uint64_t head; /* the longest way to it, and from it on, in weights */
	uint64_t tail;
	uint64_t length; /* of the longest way through it: what is asked for */
	uint64_t chain;	 /* how many that take time */
	uint64_t floor;
	uint64_t floors;
	uint64_t rests;
};

/*
 * node and order have deps->nodes entries, which are the caller's. What lies on
 * a cycle orders nobody.
 */
void budget_share(const struct graph *deps, uint32_t window_ms,
	struct budget_node *node, uint32_t *order);

#endif
