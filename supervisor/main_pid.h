/*
 * A main process that we did not make ourselves: what a forking service left,
 * or what one told of.
 */
#ifndef SUPERVISOR_MAIN_PID_H
#define SUPERVISOR_MAIN_PID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/*
 * From now on pid is the main process of id; one that it had is an orphan like
 * any other. Whether it may be is the caller's to know: family_why_not().
 * False: it is gone.
 */
bool set_main_pid(struct supervisor *sv, uint32_t id, pid_t pid);
/* Such a one has become our child, and is dead: so it was adopted no more. */
bool main_pid_is_child_now(struct supervisor *sv, uint32_t id);

#endif
