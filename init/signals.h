/*
 * Signals: everything that can be waited for is blocked from the first
 * instruction of main on, so nothing is lost and no handler ever runs.
 */
#ifndef INIT_SIGNALS_H
#define INIT_SIGNALS_H

#include <signal.h>

/* What init was started with. */
struct signals {
	sigset_t mask;
	struct sigaction child; /* of SIGCHLD */
};

/* All signals but those of faults, which are for the process itself. */
void signals_set(sigset_t *set);

/* Blocks the set, and makes deaths of children visible. */
void signals_block(struct signals *start);
/* In a new process: mask and dispositions as init got them. */
void signals_restore(const struct signals *start);

/* Default dispositions for init and what it starts; once, at boot. */
void signals_reset(void);
/* In a new process: nothing is blocked. */
void signals_unblock(void);

#endif
