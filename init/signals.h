/*
 * Signals: everything that can be waited for is blocked from the first
 * instruction of main on, so nothing is lost and no handler ever runs but that
 * of faults.
 */
#ifndef INIT_SIGNALS_H
#define INIT_SIGNALS_H

#include <signal.h>
#include <stdint.h>

/* What init was started with, as bits of signals; bit 0 is signal 1. */
struct signals {
	uint64_t mask;
	uint64_t ignored; /* of those whose disposition init changes */
};

/* All signals but those of faults, which are for the process itself. */
void signals_set(sigset_t *set);
/* Those that a handler can do something about; ends in 0. */
extern const unsigned char signals_faults[];

/* Blocks the set, and makes deaths of children visible. */
void signals_block(struct signals *start);
/* A disposition was changed; old is to be restored with the others. */
void signals_replaced(
	struct signals *start, int signal, const struct sigaction *old);
/* In a new process: mask and dispositions as init got them. */
void signals_restore(const struct signals *start);

/* Default dispositions for init and what it starts; once, at boot. */
void signals_reset(void);
/* In a new process: nothing is blocked. */
void signals_unblock(void);

#endif
