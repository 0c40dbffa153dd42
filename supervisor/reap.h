/*
 * Deaths. Facts are written before they are consumed: a death is peeked at,
 * stored in the journal, the rest of the group seen to, and only then reaped.
 */
#ifndef SUPERVISOR_REAP_H
#define SUPERVISOR_REAP_H

#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/* The child that a SIGCHLD names. */
void reap_pid(struct supervisor *sv, pid_t pid);
/* All that are dead: signals of several deaths come as one. */
void reap_all(struct supervisor *sv);
/* A process that is not our child has ended; its status if it is known. */
void
reap_adopted(struct supervisor *sv, uint32_t id, int32_t status, int is_known);

/* Group members that outlived their main process. 0, or -1: none are left. */
int reap_signal_group(struct supervisor *sv, uint32_t id, int signal);
/* Those that have ended meanwhile are dealt with. */
void reap_look_at_groups(struct supervisor *sv);
/* Milliseconds until reap_look_at_groups() is to be called, -1: never. */
int reap_wait_ms(const struct supervisor *sv);

#endif
