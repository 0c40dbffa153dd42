/*
 * Signals of the supervisor itself: all are blocked and read by the loop.
 */
#ifndef SUPERVISOR_SIGNALS_H
#define SUPERVISOR_SIGNALS_H

struct supervisor;

/* Blocks all signals, and puts all dispositions to default. */
void signals_block(void);
/* The descriptor in the loop. 0, or -1 with errno. */
int signals_open(struct supervisor *sv);
void signals_read(struct supervisor *sv);
/* What a signal asks for, be it sent to us or to init. */
void signals_take(struct supervisor *sv, int signal, int is_of_init);

#endif
