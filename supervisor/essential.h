/*
 * Services without which a container is of no use: the first one that ends by
 * itself, before a stop was asked for, ends everything with its status.
 */
#ifndef SUPERVISOR_ESSENTIAL_H
#define SUPERVISOR_ESSENTIAL_H

struct supervisor;

/* The plan says that sv->plan.ended has ended for good. */
void essential_ended(struct supervisor *sv);
/* One that had done so when the supervisor before us died. */
void essential_look(struct supervisor *sv);

#endif
