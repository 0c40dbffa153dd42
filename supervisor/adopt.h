/*
 * Services that an earlier supervisor started: found again through the
 * journal, by pid and start time. Nothing else is ever signalled.
 */
#ifndef SUPERVISOR_ADOPT_H
#define SUPERVISOR_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct journal_old;

/*
 * Gives every service of old its state back. To be called once, when the
 * definitions are in force and a new journal is in memory.
 */
void adopt_all(struct supervisor *sv, const struct journal_old *old);

/* 0, or -1 with errno; ESRCH: it is gone, or the pid is another's now. */
int adopt_signal(struct supervisor *sv, uint32_t id, int signal, bool to_group);
/* Without init we are told by a pidfd, the which-th, that a process has ended.
 */
void adopt_pidfd_ended(struct supervisor *sv, uint32_t which);

#endif
