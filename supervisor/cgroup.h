/*
 * Control groups (version 2) of services with kill-mode = all: a directory
 * NAME below one of ours, which is below the one that we are in. What is in it
 * cannot leave by forking, setsid or a new environment. Where none can be made
 * all of this is false, and family.h is what there is.
 */
#ifndef SUPERVISOR_CGROUP_H
#define SUPERVISOR_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

#define CGROUP_PATH_CAP 1024

/*
 * Could services have them? The directory where, as it is; false with errno:
 * why not. Makes nothing.
 */
bool cgroup_try(char out[CGROUP_PATH_CAP]);

/* Before a start: it has one, made now if need be. False: it gets none. */
bool cgroup_prepare(struct supervisor *sv, uint32_t id);
/*
 * Takes the caller, a child with memory of its own, into it. A failure is
 * none: what is outside is looked for as without.
 */
void cgroup_join(struct supervisor *sv, uint32_t id);

/*
 * Something lives in it; then cgroup_event() comes once nothing does, if
 * cgroup_is_watched().
 */
bool cgroup_is_populated(struct supervisor *sv, uint32_t id);
bool cgroup_is_watched(uint32_t id);
void cgroup_event(struct supervisor *sv, unsigned which);

/* Kills all in it at one blow, where the kernel can (5.14). */
void cgroup_kill(struct supervisor *sv, uint32_t id);
/* Nothing of it is to run any more: what is left is killed, it is removed. */
void cgroup_rest(struct supervisor *sv, uint32_t id);
/* At our own end: ours goes, if it is empty. */
void cgroup_close(void);

/* Where it is, as /proc/PID/cgroup says it; false: it has none. */
bool cgroup_path(struct supervisor *sv, uint32_t id, char *out, size_t cap);
/* That process is in it or below it. */
bool cgroup_has(pid_t pid, const char *path);

#endif
