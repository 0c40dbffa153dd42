/*
 * Deadlines of services in a binary heap with positions, so that setting,
 * moving and clearing one is O(log n). Pure; memory is the caller's.
 */
#ifndef SUPERVISOR_TIMERS_H
#define SUPERVISOR_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_NONE UINT32_MAX

struct timers {
	uint32_t count;
	uint32_t *heap;	    /* ids, capacity of them */
	uint32_t *place;    /* of each id in the heap, TIMERS_NONE: not armed */
	uint64_t *deadline; /* of each id, milliseconds */
};

/* Nothing armed; the three arrays are set by the caller before. */
void timers_init(struct timers *t, uint32_t capacity);
/* 0 disarms. */
void timers_set(struct timers *t, uint32_t id, uint64_t deadline_ms);
/* The earliest deadline, 0 if nothing is armed. */
uint64_t timers_next(const struct timers *t);
/* Disarms and returns one that is due at now_ms, TIMERS_NONE if none is. */
uint32_t timers_pop(struct timers *t, uint64_t now_ms);

#endif
