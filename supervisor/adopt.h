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
struct journal_record;

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
int adopt_signal_record(
	const struct journal_record *record, int signal, bool to_group);
/* It is gone, and init has yet to say so. */
bool adopt_will_be_told(const struct journal_record *record);
/*
 * The process of that record still runs: pid and start time are the same. A
 * pidfd of it, looked at again once it is open, or -1 with errno.
 */
bool adopt_is_same_process(const struct journal_record *record);
/* It surely does not; neither is true of what cannot be looked at. */
bool adopt_is_gone(const struct journal_record *record);
int adopt_open_pidfd(const struct journal_record *record);

#endif
