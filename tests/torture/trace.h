/*
 * Kills a supervisor at a system call. Only its own: children that it clones
 * are not traced. SIGCHLD must be blocked.
 */
#ifndef TORTURE_TRACE_H
#define TORTURE_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

enum trace_end {
	TRACE_KILLED, /* at that point */
	TRACE_DONE,   /* is_done() before it was reached; it runs on */
	TRACE_ENDED,  /* it ended by itself */
	TRACE_LATE    /* neither in time; it runs on */
};

/* Stops it; it may be one that waits in the gate. */
bool trace_attach(pid_t pid);

/*
 * Lets it go on to its stop-th stop from 1 (entry and exit of a system call
 * are two), then by so many instructions, and kills it there. is_done() is
 * asked while it waits. Afterwards it is traced no more.
 */
enum trace_end trace_run(
	pid_t pid, unsigned stop, unsigned instructions, bool (*is_done)(void));

/* How many stops it made in the last run. */
unsigned trace_stops(void);

/* Where it was killed: "entry of system call 62", in a static buffer. */
const char *trace_where(void);

/* Lets go of it, as if nothing had been. */
void trace_detach(pid_t pid);

#endif
