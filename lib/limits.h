/*
 * The values of limits, priorities and the like as definitions spell them.
 * Each function is false for what it does not understand. Pure.
 */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITS_INFINITY UINT64_MAX
/* CPUs of a mask; as many as the kernel is ever built for, and then some. */
#define LIMITS_CPUS 8192u

/* Places in struct def; limits_name() and the kernel have their own. */
enum limits_resource {
	LIMITS_AS = 0,
	LIMITS_CORE = 1,
	LIMITS_CPU = 2,
	LIMITS_DATA = 3,
	LIMITS_FSIZE = 4,
	LIMITS_LOCKS = 5,
	LIMITS_MEMLOCK = 6,
	LIMITS_MSGQUEUE = 7,
	LIMITS_NICE = 8,
	LIMITS_NOFILE = 9,
	LIMITS_NPROC = 10,
	LIMITS_RSS = 11,
	LIMITS_RTPRIO = 12,
	LIMITS_RTTIME = 13,
	LIMITS_SIGPENDING = 14,
	LIMITS_STACK = 15,
	LIMITS_RESOURCES
};

enum limits_unit {
	LIMITS_COUNT,	/* a number */
	LIMITS_BYTES,	/* a size such as 64K */
	LIMITS_SECONDS, /* a duration, rounded up */
	LIMITS_USEC	/* a number of microseconds, or a duration */
};

/* As struct rlimit64 of the kernel. */
struct limits_pair {
	uint64_t soft;
	uint64_t hard;
};

enum limits_unit limits_unit(enum limits_resource resource);

/* "VALUE" for both, or "SOFT:HARD"; "infinity" is LIMITS_INFINITY. */
bool limits_pair_parse(
	const char *text, enum limits_unit unit, struct limits_pair *pair);
/* A decimal number with an optional sign, from low to high. */
bool limits_number_parse(const char *text, int low, int high, int *number);
/* Up to four octal digits, at most 0777. */
bool limits_umask_parse(const char *text, unsigned *mask);
/* "none", "idle", "best-effort:0" to 7, "realtime:0" to 7: for ioprio_set. */
bool limits_io_priority_parse(const char *text, int *value);
/* "other", "batch", "idle", "fifo:1" to 99, "rr:1" to 99: SCHED_*. */
bool limits_scheduling_parse(const char *text, int *policy, int *priority);
/*
 * "0-3 5,7": calls set for each CPU, which may be NULL. *most: the highest.
 */
bool
limits_cpus_parse(const char *text, void (*set)(void *context, unsigned cpu),
	void *context, unsigned *most);

#endif
