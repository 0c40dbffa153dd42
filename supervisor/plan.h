/*
 * The only code that decides. Facts come in as events, decisions go out as
 * actions; between them lies one table, plan_step(), that shows the whole
 * life-cycle of a service. It sees no descriptor, clock, memory allocator, log
 * or errno: the same events give the same actions, so it is tested without a
 * process. Pure.
 *
 * A service is two variables: what is wanted of it and the state it is in.
 * What makes a running service go down although it is wanted is its fate.
 */
#ifndef SUPERVISOR_PLAN_H
#define SUPERVISOR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/def.h"
#include "lib/graph.h"
#include "lib/reason.h"
#include "lib/state.h"

#define PLAN_NONE    UINT32_MAX
#define PLAN_ACTIONS 256u
/* A killed process that does not die is told so again after this long. */
#define PLAN_KILL_AGAIN_MS 10000u
/* The least wait after a spawn that failed for want of memory and the like. */
#define PLAN_SPAWN_RETRY_MS 1000u

struct plan_delays {
	uint32_t ms[16]; /* the last one repeats */
	uint32_t count;	 /* at least 1 */
};

/* A set of exit codes and signals. */
struct plan_status_set {
	uint32_t codes[8]; /* bit n: exit code n */
	uint64_t signals;  /* bit n: signal n */
};

struct plan_statuses {
	struct plan_status_set success; /* clean beside the usual ones */
	struct plan_status_set prevent; /* not restarted, whatever it says */
};

/* Asked of the world once all that it waits for is there, in this order. */
#define PLAN_ASK_WAIT	   1u /* wait-for: answered by EVENT_THERE */
#define PLAN_ASK_CONDITION 2u /* start-if, assert: by EVENT_CONDITION */

/* arg of EVENT_CONDITION: one of these, | which item << 8. */
#define PLAN_CONDITION_HOLDS  0
#define PLAN_CONDITION_SKIP   1
#define PLAN_CONDITION_ASSERT 2
#define PLAN_CONDITION_UNSURE 3 /* nobody could say in time */

/* What the definition says, as far as decisions need it. */
struct plan_policy {
	uint8_t type;	 /* enum svc_type */
	uint8_t restart; /* enum def_restart */
	uint8_t stop_signal;
	uint8_t reload_signal;	 /* 0: none */
	uint8_t kill_mode;	 /* enum def_kill_mode */
	uint8_t commands;	 /* of a oneshot; else 1 */
	bool is_timed;		 /* a oneshot that runs at times */
	bool remains;		 /* a oneshot that ended well is `done` */
	bool is_wanted_at_start; /* autostart, or enabled */
	uint16_t delays;	 /* index into plan.delays */
	uint16_t limit_count;	 /* 0: none */
	uint32_t limit_ms;
	uint32_t reset_ms;	   /* healthy time that clears the delays */
	uint32_t start_timeout_ms; /* 0: none */
	uint32_t stop_timeout_ms;  /* 0: none */
	uint32_t may_fail;	   /* bit n: command n may fail */
	uint8_t hooks[PART_CHECK]; /* how many commands each part has */
	uint16_t statuses;	   /* 1 + index into plan.statuses, 0: none */
	bool is_essential;	   /* its end is the end of everything */
	uint8_t asks;		   /* PLAN_ASK_* that come before a start */
};

/* Of a service that runs at times. */
enum plan_timer {
	TIMER_NONE = 0,	   /* nobody has asked for it so far */
	TIMER_ARMED = 1,   /* when its time comes it is run */
	TIMER_STOPPED = 2, /* somebody has stopped it */
	PLAN_TIMERS
};

enum plan_fate {
	FATE_NONE = 0,
	FATE_RESTART = 1, /* go down, then start again */
	FATE_RETRY = 2,	  /* start timed out: go down, then as if it crashed */
	FATE_FAIL = 3,	  /* a requirement failed: go down, then failed */
	FATE_ENDED = 4,	  /* it ended by itself, its stop-post still runs */
	FATE_UNHEALTHY = 5, /* not well: go down, then as if it crashed */
	PLAN_FATES
};

/* plan_svc.facts */
#define FACT_MAIN 1u /* its main process was asked for, and is not gone */
#define FACT_HOOK 2u /* the same of the command of its part */
#define FACT_WELL 4u /* its last main process ended well */
/* Of a forking one: what it left is being looked for, and was found. */
#define FACT_SEARCH 8u
#define FACT_FOUND  16u

struct plan_svc {
	struct plan_policy policy;
	uint8_t state;	 /* enum svc_state */
	uint8_t want;	 /* enum svc_want */
	uint8_t fate;	 /* enum plan_fate */
	uint8_t part;	 /* enum def_part; without FACT_HOOK PART_MAIN */
	uint8_t command; /* of its part, the one that runs, from 0 */
	uint8_t facts;
	uint8_t runs_as;     /* enum svc_type: policy.type may be a newer one */
	uint16_t marks;	     /* what settling has yet to do for it; private */
	uint8_t timer;	     /* enum plan_timer */
	bool is_used;	     /* the id belongs to a service */
	bool is_changed;     /* it is in the list of changes */
	bool is_stuck;	     /* SIGKILL was not enough so far */
	bool has_exit;	     /* exit_status is set */
	uint16_t failures;   /* in a row: the place in the list of delays */
	uint16_t limit_used; /* restarts since limit_from_ms */
	uint32_t restarts;   /* automatic ones since somebody started it */
	uint32_t starts;     /* processes asked for so far */
	int32_t exit_status; /* of its last process, as wait(2) gives it */
	uint32_t reason;     /* enum reason */
	int32_t reason_arg;
	uint32_t reason_svc; /* PLAN_NONE: none */
	uint32_t cursor;     /* the edge it waits at; private */
	uint32_t next;	     /* in the queue of marked ones; private */
	uint32_t round;	     /* of the event that last started it; private */
	uint64_t limit_from_ms;
	uint64_t deadline_ms; /* 0: none */
	uint64_t since_boot_ms;
	uint64_t up_ms;	  /* when it was last up, for reset_ms */
	uint32_t needer;  /* the edge of one who needs it; private */
	bool is_pulled;	  /* only others, who need it, have started it */
	bool has_been_up; /* once at least */
	uint8_t asking;	  /* PLAN_ASK_* that is under way, 0: none */
	uint8_t answered; /* PLAN_ASK_* that need not be asked any more */
};

enum plan_event {
	/* somebody asks */
	EVENT_START,
	EVENT_ONCE,
	EVENT_STOP,
	EVENT_RESTART,
	EVENT_RESET, /* forget a failure */
	/* settling finds */
	EVENT_GO,	  /* all it waits for is there */
	EVENT_DEP_FAILED, /* svc: the requirement that failed */
	EVENT_FREE,	  /* nothing that is going down needs it any more */
	/* the kernel tells */
	EVENT_SPAWN_FAILED, /* arg: step << 16 | errno */
	EVENT_READY,
	EVENT_EXITED, /* arg: wait status */
	EVENT_LOST,   /* it ended, and nobody saw how */
	EVENT_TIMEOUT,
	/* of the command of its part; it is no more */
	EVENT_HOOK_EXITED, /* arg: wait status */
	EVENT_HOOK_LOST,
	EVENT_HOOK_FAILED, /* arg: step << 16 | errno */
	/* somebody asks; answered by ACTION_RELOADED */
	EVENT_RELOAD,
	/* what a forking one left is known; arg: its pid, else minus how many
	 * it may be */
	EVENT_MAIN,
	/* settling finds, of what it depends on */
	EVENT_UNNEEDED,	  /* nobody who started it needs it any more */
	EVENT_CONFLICT,	  /* svc: what it conflicts with is started */
	EVENT_DEP_EXITED, /* svc: what it is bound to ended, and comes again */
	EVENT_DEP_BACK,	  /* svc: what it needs has come up */
	/* the world answers what was asked */
	EVENT_THERE,	 /* all of wait-for */
	EVENT_CONDITION, /* arg: PLAN_CONDITION_* */
	/* readiness and health tell */
	EVENT_UNHEALTHY, /* svc: why, enum reason; arg: what that holds */
	EVENT_EXTEND,	 /* arg: milliseconds from now that it asks for */
	/* of those that run at times */
	EVENT_ARM, /* from now on it runs when its time comes */
	EVENT_DUE, /* that time has come */
	PLAN_EVENTS
};

enum plan_action_kind {
	ACTION_SPAWN,	    /* make the process of svc; arg: which command */
	ACTION_SIGNAL,	    /* arg: signal, to its group or main process */
	ACTION_HOOK,	    /* run a command; arg: enum def_part << 8 | which */
	ACTION_HOOK_SIGNAL, /* arg: signal, to the group of that */
	ACTION_SEARCH,	 /* look for the main process; told of by EVENT_MAIN */
	ACTION_RELOADED, /* arg: 0 if what EVENT_RELOAD ran ended well */
	ACTION_BUG,	 /* arg: event that the state cannot have; log it */
	ACTION_ASK	 /* arg: PLAN_ASK_*; moot once `asking` is another */
};

struct plan_action {
	enum plan_action_kind kind;
	uint32_t svc;
	int32_t arg;
};

/* Of a service, when everything has to have stopped by some moment. */
struct plan_limit {
	uint32_t tail_ms; /* what those take that stop after it */
	uint32_t post_ms; /* of its own time, that of stop-post */
};

/* All memory is the caller's; `capacity` entries where nothing else is said. */
struct plan {
	uint64_t now_ms;   /* CLOCK_MONOTONIC of this turn; never 0 */
	uint64_t boot_ms;  /* CLOCK_BOOTTIME of this turn */
	uint64_t seed;	   /* of the jitter */
	uint32_t count;	   /* ids are 0 to count - 1 */
	bool is_finishing; /* nothing is started any more */
	bool starts_all;   /* autostart counts: such a one is always needed */
	uint32_t ended;	   /* the first essential one to end, PLAN_NONE */
	uint64_t kill_ms;  /* of the last KILL when all is stopped, 0: none */
	const struct plan_limit *limit; /* NULL: kill_ms alone counts */
	struct plan_svc *svc;
	const struct plan_delays *delays;
	const struct plan_statuses *statuses;
	struct graph deps;  /* edges to what a service needs */
	struct graph rdeps; /* the same edges turned around */
	uint32_t *changed;  /* ids in the order of their first change */
	uint32_t changes;
	struct plan_action action[PLAN_ACTIONS];
	uint32_t actions;
	uint32_t queue_head; /* private, as are the next ones */
	uint32_t queue_tail;
	uint32_t round; /* counts events */
};

/* Empties the queues; svc, delays, deps, rdeps and changed are the caller's. */
void plan_init(struct plan *plan);

/* A service in state down that nobody wants, with this policy. */
void plan_add(struct plan *plan, uint32_t id, const struct plan_policy *policy);

/*
 * Another definition: the policy is replaced; state is SVC_DOWN for a valid
 * one, else SVC_MASKED or SVC_INVALID. What runs is left as it is: true is
 * returned when it has to be stopped before the new state can be entered.
 */
bool plan_define(struct plan *plan, uint32_t id,
	const struct plan_policy *policy, enum svc_state state);

/*
 * Takes one event. At most 2 actions are added; call plan_settle() and take
 * the actions before the next event. arg and svc as the event says, else 0.
 */
void plan_event(struct plan *plan, uint32_t id, enum plan_event event,
	int32_t arg, uint32_t svc);

/*
 * Follows the consequences along the dependencies. True: the actions are
 * full; take them, set plan->actions to 0 and call again.
 */
bool plan_settle(struct plan *plan);

/* After new dependencies were put in, or an entry was restored. */
void plan_look_again(struct plan *plan, uint32_t id);

/* What starts id when nobody asks for it by name: EVENT_START or EVENT_ARM. */
enum plan_event plan_start_event(const struct plan_svc *svc);
/* Its next run is waited for: nothing of it is under way. */
bool plan_is_timer_on(const struct plan_svc *svc);

/* Wants everything down and starts nothing any more. */
void plan_finish(struct plan *plan);
/* After kill_ms and limit were set: what stops already has to keep to them. */
void plan_limited(struct plan *plan);
/* KILL for what is left of it, whatever it waits for. At most 4 actions. */
void plan_kill_now(struct plan *plan, uint32_t id);
/* Nothing runs, or what runs does not die of SIGKILL. */
bool plan_is_finished(const struct plan *plan);

/* The exit status of a container that ends with it. */
int plan_exit_code(const struct plan *plan, const struct plan_svc *svc);
/* That of its last process, whoever ended it; -1: there was none. */
int plan_last_code(const struct plan *plan, const struct plan_svc *svc);
/* It ended as it should: by an exit code or a signal that means success. */
bool plan_is_clean(
	const struct plan *plan, const struct plan_svc *svc, int32_t status);
/* It has something that must end before what it needs may go. */
bool plan_is_running(const struct plan_svc *svc);
/* Going down although its process may still be running. */
bool plan_is_leaving(const struct plan_svc *svc);
/* It may be running unseen: only somebody who names it may start it. */
bool plan_is_barred(const struct plan_svc *svc);
/* What is wanted is reached or given up: a waiter may stop waiting. */
bool plan_is_settled(const struct plan_svc *svc);

/* The cell of state and event; plan_step.c. Not to be called from elsewhere. */
void plan_step(struct plan *plan, uint32_t id, enum plan_event event,
	int32_t arg, uint32_t svc);

#endif
