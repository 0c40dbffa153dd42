/*
 * The end: every service is stopped in order, then init, or our own exit,
 * does the rest.
 */
#ifndef SUPERVISOR_FINISH_H
#define SUPERVISOR_FINISH_H

#include <stdbool.h>

struct supervisor;

/* end: enum handoff_end. The first request counts, later ones do nothing. */
void finish_ask(struct supervisor *sv, int end);
/* The same where the exit status of a container may be known; -1: it is not. */
void finish_ask_with(struct supervisor *sv, int end, int exit_code);
/* Everything has stopped: init has been told; the supervisor may leave. */
bool finish_is_due(struct supervisor *sv);
/* The exit status of a container, or ours without init. */
int finish_exit_code(const struct supervisor *sv);

#endif
