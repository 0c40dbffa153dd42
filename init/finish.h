/*
 * The end of the container or machine.
 */
#ifndef INIT_FINISH_H
#define INIT_FINISH_H

#include <stdbool.h>

struct finish {
	bool is_begun; /* set by finish_run */
	bool on_machine;
	bool at_once; /* KILL without TERM before it */
	int end;      /* enum handoff_end */
	int status;   /* what a container leaves with */
};

/* There is such an end, and init can bring it about. */
bool finish_is_known(int end);

/*
 * Ends every process that is left, TERM first and KILL for what stays, then
 * leaves (container) or stops the machine. Only for PID 1.
 */
_Noreturn void finish_run(struct finish *finish);
/* The last part of it alone, whatever still runs. */
_Noreturn void finish_now(const struct finish *finish);

#endif
