/*
 * What the parts of the child share. The rules of child.h hold for all of
 * them: raw system calls only, no errno.
 */
#ifndef SUPERVISOR_CHILD_PRIVATE_H
#define SUPERVISOR_CHILD_PRIVATE_H

#include "supervisor/child.h"

/* error: -errno. */
_Noreturn void
child_fail(const struct child_context *c, unsigned step, long error);
/* fd becomes number to as well, without close-on-exec. */
void child_put(const struct child_context *c, long fd, int to, unsigned step);

/* Limits and priorities, if there are any, with the rights of the supervisor;
 * child_limits.c. */
void child_set_limits(const struct child_context *c);

/*
 * If it has a terminal: opens it, hangs up whoever else had it, and makes it
 * the controlling one of our session, with sane settings; child_terminal.c.
 */
void child_set_terminal(const struct child_context *c);

/*
 * A process group of its own in our session, which has the terminal if nobody
 * else has it; child_terminal.c.
 */
void child_attach(const struct child_context *c);

#endif
