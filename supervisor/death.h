/*
 * What is known of the death of a service's process, told to svlog, which
 * writes it down together with the last lines.
 */
#ifndef SUPERVISOR_DEATH_H
#define SUPERVISOR_DEATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/* What the kernel counted; the processes that it waited for are in it. */
struct death_usage {
	uint64_t cpu_ms;
	uint64_t peak_kb; /* of the largest of them */
	bool is_known;
};

/* Reaps pid, which is dead. No other system call than the reap itself. */
void death_reap(pid_t pid, struct death_usage *usage);

/* status counts if is_known; usage may be NULL. */
void death_tell(struct supervisor *sv, uint32_t id, bool is_known,
	int32_t status, const struct death_usage *usage);

#endif
