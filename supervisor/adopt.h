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
 * Gives every service of old its state and process back, and does nothing yet:
 * until the new journal is in the place of the old one, the next supervisor
 * would do it again. To be called once, when the definitions are in force.
 */
void adopt_all(struct supervisor *sv, const struct journal_old *old);
/* Those that had a process and have none: the plan is told. Nothing is done. */
void adopt_find_lost(struct supervisor *sv);
/* Those that have one: it runs, has ended, or init will tell. */
void adopt_judge(struct supervisor *sv);

/* Those that had not exec'd when they were adopted: nobody tells when. */
void adopt_look_at_unhatched(struct supervisor *sv);
/* Milliseconds until that is to be called, -1: never. */
int adopt_wait_ms(const struct supervisor *sv);

/* 0, or -1 with errno; ESRCH: it is gone, or the pid is another's now. */
int adopt_signal(struct supervisor *sv, uint32_t id, int signal, bool to_group);
/* Without init we are told by a pidfd, the which-th, that a process has ended.
 */
void adopt_pidfd_ended(struct supervisor *sv, uint32_t which);

#endif
