#include "supervisor/schedule_due.h"

#define DAY_MS 86400000
/* Occurrences within one random-delay that are looked at. */
#define TRIES 5000

/* The same for the same occurrence, however often it is asked for. */
static int64_t
delay_of(const struct schedule_facts *f, int64_t occurrence_ms)
{
	uint64_t x = f->seed ^ (uint64_t)occurrence_ms * 0x9e3779b97f4a7c15u;

	if (f->random_delay_ms == 0)
		return 0;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return (int64_t)(x % ((uint64_t)f->random_delay_ms + 1));
}

static int64_t
due_by_interval(const struct schedule_facts *f)
{
	int64_t since; /* the last run, as it would be by the clock now */

	if (f->last_boot_ms != 0)
		since = f->real_ms - (f->boot_ms - f->last_boot_ms);
	else if (f->last_ms == 0)
		return f->real_ms - (f->boot_ms - f->armed_boot_ms) +
		       delay_of(f, f->armed_boot_ms);
	else if (f->last_ms > f->real_ms)
		/* One of the two clocks was wrong: it begins anew. */
		since = f->real_ms - (f->boot_ms - f->armed_boot_ms);
	else
		since = f->last_ms;
	return since + f->every_ms +
	       delay_of(f, f->last_boot_ms != 0 ? f->last_boot_ms : f->last_ms);
}

static int64_t
floor_second(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

static int64_t
due_by_calendar(const struct schedule_facts *f)
{
	int64_t from = f->last_ms;
	int64_t late = f->real_ms - SCHEDULE_LATE_MS;
	int64_t due = 0;

	/* A clock that was put back a little has no run done twice; after
	 * one that was wrong by far it begins anew. */
	if (from == 0 || from - f->real_ms > DAY_MS)
		from = f->real_ms;
	if (!f->catch_up && from < late - f->random_delay_ms)
		from = late - f->random_delay_ms;
	for (int i = 0; i < TRIES; i++) {
		int64_t next = calendar_next(
			f->at, floor_second(from), f->zone, f->zone_context);

		if (next == CALENDAR_NEVER)
			return 0;
		from = next * 1000;
		due = from + delay_of(f, from);
		if (f->catch_up || due >= late)
			break;
	}
	return due;
}

int64_t
schedule_due(const struct schedule_facts *f)
{
	int64_t due = f->every_ms == 0 ? 0 : due_by_interval(f);
	int64_t by_calendar = f->at->count == 0 ? 0 : due_by_calendar(f);

	if (due == 0 || (by_calendar != 0 && by_calendar < due))
		due = by_calendar;
	return due;
}
