/*
 * Code that is seldom run, all that hot.ld does not name.
 */
#ifndef SUPERVISOR_SVLOG_COLD_H
#define SUPERVISOR_SVLOG_COLD_H

/* It is about to be run, or was; by any thread. */
void cold_used(void);
/* If so its pages leave our memory, and what lies below on the stack; the
 * kernel brings them back when they are run. Of the main thread. */
void cold_give_back(void);
/* The same for the worker, which always runs some, and for its buffers. */
void cold_worker_give_back(void);

#endif
