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

#define WORLD_MAX   50u
#define WORLD_STEPS 400u

/* What makes a world, and what happens in it. */
struct world_life {
	uint64_t seed;
	uint32_t steps;
	uint64_t step[WORLD_STEPS]; /* a seed each */
	/* For small worlds that show a fault, see world_shrink.h. */
	bool is_cut[WORLD_MAX][WORLD_MAX]; /* edges that are left out */
	bool is_plain[WORLD_MAX];	   /* definitions without anything */
};

/* What the kernel knows of a service. */
struct proc {
	bool is_alive;
	bool is_ready; /* READY was told, or its exec failed */
	bool is_asked; /* it got its stop signal */
	bool is_lost;  /* nobody knows which one it is */
	bool is_found;
	bool has_failed; /* while the actions of one settling are taken */
	bool is_deaf;	 /* and ignores it */
	uint8_t kills;	 /* SIGKILLs that it takes until it dies */
	uint8_t killed;
};

struct world {
	const struct world_life *life;
	uint64_t random;
	uint64_t hash; /* of all actions and states so far */
	uint32_t steps;
	struct plan plan;
	struct plan_svc svc[WORLD_MAX];
	uint32_t changed[WORLD_MAX];
	struct proc proc[WORLD_MAX];
	struct proc hook[WORLD_MAX];
	bool needs_cleaning[WORLD_MAX]; /* by stop-post, when it is over */
	bool is_reloading[WORLD_MAX];	/* somebody waits for the answer */
	bool did_well[WORLD_MAX];	/* its last process */
	bool is_masked_next[WORLD_MAX]; /* masked once it has ended */
	/* It ended by itself, not by a stop, and is down for that. */
	bool has_left[WORLD_MAX];
	uint16_t flags[WORLD_MAX][WORLD_MAX]; /* [from][to] */
	/* Of a reload, and from has not started since. */
	bool is_new[WORLD_MAX][WORLD_MAX];
	/* Started by somebody, without having ended; not up yet. */
	bool was_away[WORLD_MAX];
	uint8_t asked[WORLD_MAX]; /* PLAN_ASK_* that awaits an answer */
	/* NULL: nobody wants to know what happens */
	void (*trace)(const struct world *w, uint32_t id, enum plan_event event,
		int32_t arg);
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

void world_init(struct world *w, const struct world_life *life);
/* The next random thing happens, and its consequences. */
void world_step(struct world *w);
/* plan_finish(), and then what the kernel has to say until all is over. */
void world_finish(struct world *w);

/* world_make.c: less than n, and true once in n times. */
uint32_t world_below(struct world *w, uint32_t n);
bool world_once_in(struct world *w, uint32_t n);
struct plan_policy world_policy(struct world *w);
/* Other edges, while everything runs. */
void world_reload(struct world *w);
/* Tells the plan; what happens then is found when it settles. */
void
world_tell(struct world *w, uint32_t id, enum plan_event event, int32_t arg);

/* Commands around services: world_hooks.c. */
void world_give_hooks(struct world *w, struct plan_policy *policy);
void world_act_hook(struct world *w, const struct plan_action *action);
void world_hook_does(struct world *w, uint32_t id);
void world_check_hook(struct world *w, uint32_t id);
/* A forking one's first process ends well; what it left is found. */
bool world_forks(const struct world *w, uint32_t id, enum plan_event event,
	int32_t status);
void world_search(struct world *w, uint32_t id);
/* A oneshot's command has done its work. */
bool world_is_good_end(
	const struct world *w, const struct plan_svc *svc, int32_t status);

/* The first complaint is kept. */
void world_complain(struct world *w, uint32_t id, const char *what);
/* After everything has settled. */
void world_check(struct world *w);
/* Before plan_step() takes an event. */
void world_check_event(
	struct world *w, uint32_t id, enum plan_event event, uint32_t svc);

#endif
