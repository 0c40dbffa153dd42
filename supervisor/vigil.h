/*
 * When to look at a service, and what comes of what was seen: the policy of
 * readiness, health and watchdog, without a descriptor or a clock. Times are
 * milliseconds of CLOCK_MONOTONIC, 0: none. Pure.
 */
#ifndef SUPERVISOR_VIGIL_H
#define SUPERVISOR_VIGIL_H

#include <stdbool.h>
#include <stdint.h>

/* Between two looks at one that starts: from the first to the last. */
#define VIGIL_PAUSE_LEAST_MS 5u
#define VIGIL_PAUSE_MOST_MS  500u

/* What the definition says. */
struct vigil_rules {
	uint32_t interval_ms; /* 0: it is not looked at once it is up */
	uint32_t timeout_ms;  /* of one look */
	uint32_t retries;     /* failures in a row that are one too many */
	uint32_t watchdog_ms; /* 0: none */
};

struct vigil {
	bool is_up;
	bool is_looking;   /* a look is under way, until look_ms at most */
	uint8_t failures;  /* in a row, once it is up */
	uint32_t pause_ms; /* of the last look that was in vain */
	struct vigil_rules rules;
	uint64_t look_ms;  /* when the next look begins or this one is over */
	uint64_t ping_ms;  /* the watchdog has heard nothing until then */
	uint64_t leave_ms; /* it said that it stops: it may stay until then */
};

enum vigil_says {
	VIGIL_NOTHING,
	VIGIL_LOOK,	 /* begin a look */
	VIGIL_LATE,	 /* the look that is under way has failed */
	VIGIL_READY,	 /* it is */
	VIGIL_UNHEALTHY, /* it has failed too often */
	VIGIL_SILENT,	 /* the watchdog has bitten */
	VIGIL_OVERSTAYED /* it said that it stops, and did not */
};

/* It starts; the first look is due after first_ms. */
void vigil_start(struct vigil *v, const struct vigil_rules *rules,
	uint32_t first_ms, uint64_t now_ms);
/* Nobody looks: it will say so itself. */
void vigil_wait(struct vigil *v, const struct vigil_rules *rules);
/* It is up, or was taken over so: what was counted before is forgotten. */
void
vigil_up(struct vigil *v, const struct vigil_rules *rules, uint64_t now_ms);

/* The earliest time at which vigil_due() says something, 0: never. */
uint64_t vigil_next(const struct vigil *v);
/* What is due; to be called until it is nothing. */
enum vigil_says vigil_due(struct vigil *v, uint64_t now_ms);
/* What a look has found: READY, UNHEALTHY or nothing. */
enum vigil_says vigil_seen(struct vigil *v, bool is_good, uint64_t now_ms);
/* It could not be looked at just now: later, and nothing is counted. */
void vigil_put_off(struct vigil *v, uint64_t now_ms);
/* There may be something to see at once. */
void vigil_hurry(struct vigil *v, uint64_t now_ms);

/* A sign of life. */
void vigil_ping(struct vigil *v, uint64_t now_ms);
/* Another time for the watchdog, from now on; 0: none. */
void vigil_set_watchdog(struct vigil *v, uint32_t watchdog_ms, uint64_t now_ms);
/* It goes by itself: nobody looks any more, only at whether it does. */
void vigil_leaving(struct vigil *v, uint32_t stop_timeout_ms, uint64_t now_ms);

#endif
