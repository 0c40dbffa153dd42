/*
 * Code that is seldom run, all that supervisor/hot.ld does not name: in memory
 * only while it is.
 */
#ifndef SUPERVISOR_COLD_H
#define SUPERVISOR_COLD_H

struct supervisor;

/* It is about to be run, or was; to be given back at the end of the turn. */
void cold_used(struct supervisor *sv);
/* Its pages leave our memory; the kernel brings them back when they are run. */
void cold_give_back(struct supervisor *sv);

#endif
