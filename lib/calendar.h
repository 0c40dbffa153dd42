/*
 * Times of day and week as the key `at` spells them, and when one comes next.
 * What the local time is says a function of the caller's. Pure.
 *
 * Where the clock is put forward, a time that the day does not have is the
 * moment of the jump. Where it is put back, a time that comes twice counts
 * once, at its first coming; but an hour that is not named (hourly, *:30) is
 * each hour that passes.
 */
#ifndef LIB_CALENDAR_H
#define LIB_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_MAX   64u
#define CALENDAR_NEVER INT64_MAX
/* Moments that are looked at: about 3,100 years to each side of 1970. */
#define CALENDAR_REACH 100000000000

struct calendar_time {
	uint8_t days;  /* bit 0: Sunday, to bit 6 */
	bool is_first; /* only the first of a month */
	int8_t hour;   /* -1: each */
	uint8_t minute;
	uint8_t second;
};

struct calendar {
	struct calendar_time time[CALENDAR_MAX];
	unsigned count;
};

/* Seconds that the local clock is ahead of UTC at a moment. */
typedef int32_t calendar_zone(void *context, int64_t utc);

/*
 * Adds the times of text to those that are there:
 *	hourly daily weekly monthly
 *	[DAY|DAY-DAY]... TIME...	Sun Monday Mon-Fri; 3:10 03:10:30 *:30
 * and several of them. A comma after a time ends what the days are for.
 * False: *bad is the offset of what is wrong.
 */
bool calendar_parse(struct calendar *c, const char *text, size_t *bad);

/* The first moment after another, in seconds of UTC; or CALENDAR_NEVER. */
int64_t calendar_next(const struct calendar *c, int64_t after,
	calendar_zone *zone, void *context);

#endif
