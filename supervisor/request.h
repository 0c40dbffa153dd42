/*
 * Requests: the FIFO `control`, a line each, to the plan; results to the page.
 */
#ifndef SUPERVISOR_REQUEST_H
#define SUPERVISOR_REQUEST_H

struct supervisor;

/*
 * Opens the FIFO, one that is there is used again. What lies in its place and
 * is no FIFO of ours is put away. 0, or -1: logged, requests cannot come in.
 */
int request_open(struct supervisor *sv);
/* The same while running, when somebody has taken it away. */
void request_reopen(struct supervisor *sv);
void request_read(struct supervisor *sv);

#endif
