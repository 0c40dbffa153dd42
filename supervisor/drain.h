/*
 * Before the stop: services go on, and whoever asks whether we are well hears
 * no, so that no new work is sent. It ends after its time, with drain-command
 * that ended well, or at once when the end is asked for again.
 */
#ifndef SUPERVISOR_DRAIN_H
#define SUPERVISOR_DRAIN_H

#include <stdbool.h>
#include <sys/types.h>

struct supervisor;

/* The end was asked for: begins to drain. False: nothing is to be drained. */
bool drain_begin(struct supervisor *sv);
/* Goes on with what the journal tells of; at start-up. */
void drain_resume(struct supervisor *sv);
bool drain_is_on(const struct supervisor *sv);
/* Asks for the end once the time is over. */
void drain_turn(struct supervisor *sv);
/* A child has died that is no service. True: it was drain-command; reaped. */
bool drain_died(struct supervisor *sv, pid_t pid, int status);
/* The end begins. */
void drain_end(struct supervisor *sv);

#endif
