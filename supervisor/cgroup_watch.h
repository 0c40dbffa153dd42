/*
 * Which cgroups are waited for until they are empty: each by one descriptor of
 * its cgroup.events, which the kernel tells the loop of. None is kept for one
 * that just runs.
 */
#ifndef SUPERVISOR_CGROUP_WATCH_H
#define SUPERVISOR_CGROUP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/*
 * Takes fd over. Something lives in it; false: it is empty, and is not
 * watched. With too many of them it is not watched either.
 */
bool cgroup_watch_begin(struct supervisor *sv, uint32_t id, int fd);
/* The same of one that is watched; it is no longer, once it is empty. */
bool cgroup_watch_look(struct supervisor *sv, uint32_t id);
void cgroup_watch_end(struct supervisor *sv, uint32_t id);
bool cgroup_watch_has(uint32_t id);
/* Whose event that of the loop is; PLAN_NONE: nobody's any more. */
uint32_t cgroup_watch_of(unsigned which);

#endif
