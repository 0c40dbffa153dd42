/*
 * Services that run at times: when each is due next, and the one timer that
 * tells of it. The clock on the wall counts, and the timer tells as well when
 * somebody has set it; the machine's sleep counts too. When a service ran last
 * is the time of an empty file of its name: below the state directory with
 * catch-up, else below the run-time root.
 */
#ifndef SUPERVISOR_SCHEDULE_H
#define SUPERVISOR_SCHEDULE_H

#include <stdint.h>

struct supervisor;

/* Something of a service that runs at times has changed. */
void schedule_look(struct supervisor *sv, uint32_t id);
/* CLOCK_REALTIME in milliseconds of its next run, 0: none. */
uint64_t schedule_next_ms(const struct supervisor *sv, uint32_t id);
/* The timer has something to tell. */
void schedule_ready(struct supervisor *sv);

#endif
