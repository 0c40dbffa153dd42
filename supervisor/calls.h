/*
 * System calls that an old kernel does not know, or a filter refuses: which of
 * those that we use, and what is done without. Each is tried once, in a way
 * that cannot change anything: with arguments that are wrong.
 */
#ifndef SUPERVISOR_CALLS_H
#define SUPERVISOR_CALLS_H

#include <stdbool.h>

struct call {
	const char *name;
	int error;	     /* ENOSYS or EPERM; 0: it is answered */
	bool is_needed;	     /* there is no other way */
	const char *without; /* what is done then, or does not work */
};

/* The n-th call from 0 on, tried now; false past the last. */
bool calls_try(unsigned n, struct call *out);

/* One line in the log for each that is refused. */
void calls_tell(void);

#endif
