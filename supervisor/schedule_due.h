/*
 * When a service is due, from what its definition says, when it ran last and
 * what the clocks show. Pure.
 */
#ifndef SUPERVISOR_SCHEDULE_DUE_H
#define SUPERVISOR_SCHEDULE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/calendar.h"

/* One that is told of later than this was missed. */
#define SCHEDULE_LATE_MS 60000

/* Times in milliseconds; real ones by the clock on the wall. */
struct schedule_facts {
	const struct calendar *at; /* may be empty */
	uint32_t every_ms;	   /* 0: not so */
	uint32_t random_delay_ms;
	bool catch_up;
	uint64_t seed;	       /* of the delay, its own for each service */
	int64_t real_ms;       /* now */
	int64_t boot_ms;       /* now, by a clock that nobody sets */
	int64_t last_ms;       /* real time of its last run; 0: none is known */
	int64_t last_boot_ms;  /* the same run; 0: it was before our time */
	int64_t armed_boot_ms; /* since when it has been looked at */
	calendar_zone *zone;
	void *zone_context;
};

/* The real time of its next run, which may be past; 0: never. */
int64_t schedule_due(const struct schedule_facts *f);

#endif
