/*
 * The processes of a service, found in /proc: those in the session or group of
 * its main process or in its cgroup, if it has one, those that carry its name
 * in TEND_SERVICE, which all that it starts inherit, and all that descends
 * from these. Each look reads all of
 * /proc, so this is for kill-mode = all and for forking ones alone.
 */
#ifndef SUPERVISOR_FAMILY_H
#define SUPERVISOR_FAMILY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

#define FAMILY_TAG_CAP 192

/* TEND_SERVICE=PLACE:NAME; PLACE tells one run-time root from another. */
void family_tag(struct supervisor *sv, uint32_t id, char out[FAMILY_TAG_CAP]);

/*
 * How many there are; zombies are not. signal: is sent to each, 0: none; KILL
 * to its whole cgroup at once.
 */
unsigned family_signal(struct supervisor *sv, uint32_t id, int signal);

/*
 * Those of them that have fallen to us or init: what a forking one left that
 * was started at from_ms. Up to cap pids; returns how many there are. is_alone:
 * no other one is looking, so what has no name at all is its own as well.
 */
unsigned family_orphans(struct supervisor *sv, uint32_t id, uint64_t from_ms,
	bool is_alone, pid_t *pid, unsigned cap);

/*
 * NULL if that process may be the main one of id, which was started at from_ms
 * of CLOCK_BOOTTIME; else why not.
 */
const char *
family_why_not(struct supervisor *sv, uint32_t id, pid_t pid, uint64_t from_ms);

#endif
