/*
 * From a pid to its service: chains through struct service.
 */
#ifndef SUPERVISOR_PIDS_H
#define SUPERVISOR_PIDS_H

#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/* The pid is the one in the journal's record of id. */
void pids_add(struct supervisor *sv, uint32_t id);
void pids_remove(struct supervisor *sv, uint32_t id);
/* PLAN_NONE: not the main process of a service. */
uint32_t pids_find(struct supervisor *sv, pid_t pid);

#endif
