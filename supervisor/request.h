/*
 * Requests: the FIFO `control`, a line each, to the plan; results to the page.
 */
#ifndef SUPERVISOR_REQUEST_H
#define SUPERVISOR_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

struct supervisor;

/*
 * Opens the FIFO, one that is there is used again. What lies in its place and
 * is no FIFO of ours is put away. 0, or -1: logged, requests cannot come in.
 */
int request_open(struct supervisor *sv);
/* The group of control-group; false: none is set, or there is none. */
bool request_group(const struct supervisor *sv, gid_t *gid);
/* The same while running, when somebody has taken it away. */
void request_reopen(struct supervisor *sv);
void request_read(struct supervisor *sv);

#endif
