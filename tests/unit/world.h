/*
 * A plan with random services and a pretended kernel that answers its actions:
 * everything follows from one seed. world.c makes things happen,
 * world_check.c says what must hold after each of them.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/plan.h"

#define WORLD_MAX 50u

/* What the kernel knows of a service. */
struct proc {
	bool is_alive;
	bool is_ready;	 /* READY was told, or its exec failed */
	bool is_asked;	 /* it got its stop signal */
	bool has_failed; /* while the actions of one settling are taken */
	bool is_deaf;	 /* and ignores it */
	uint8_t kills;	 /* SIGKILLs that it takes until it dies */
	uint8_t killed;
};

struct world {
	uint64_t seed;
	uint64_t random;
	uint64_t hash; /* of all actions and states so far */
	uint32_t steps;
	struct plan plan;
	struct plan_svc svc[WORLD_MAX];
	uint32_t changed[WORLD_MAX];
	struct proc proc[WORLD_MAX];
	bool is_masked_next[WORLD_MAX]; /* masked once it has ended */
	/* It ended by itself, not by a stop, and is down for that. */
	bool has_left[WORLD_MAX];
	uint8_t flags[WORLD_MAX][WORLD_MAX]; /* [from][to] */
	uint32_t first[WORLD_MAX + 1];
	uint32_t rfirst[WORLD_MAX + 1];
	struct graph_edge edge[WORLD_MAX * WORLD_MAX];
	struct graph_edge redge[WORLD_MAX * WORLD_MAX];
	struct plan_svc before[WORLD_MAX]; /* the event that is checked */
	uint32_t bad_id;
	const char *bad; /* what does not hold; NULL: all is well */
	/* The event that plan_event() was last given. */
	uint32_t event_id;
	enum plan_event event;
};

/* How often plan_step() took each event in each state, in all worlds. */
extern uint32_t world_reached[SVC_STATES][PLAN_EVENTS];

void world_init(struct world *w, uint64_t seed);
/* One random thing happens, and its consequences. */
void world_step(struct world *w);
/* plan_finish(), and then what the kernel has to say until all is over. */
void world_finish(struct world *w);

/* The first complaint is kept. */
void world_complain(struct world *w, uint32_t id, const char *what);
/* After everything has settled. */
void world_check(struct world *w);
/* Before plan_step() takes an event. */
void world_check_event(
	struct world *w, uint32_t id, enum plan_event event, uint32_t svc);

#endif
