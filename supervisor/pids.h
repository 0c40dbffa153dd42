/*
 * From a pid to its service: chains through struct service. A process is named
 * by "who": the id of its service, and PIDS_HOOK for the command around it.
 */
#ifndef SUPERVISOR_PIDS_H
#define SUPERVISOR_PIDS_H

#include <stdint.h>
#include <sys/types.h>

struct supervisor;
struct journal_record;

/* Above all ids, and within what loop.h leaves of a word. */
#define PIDS_HOOK 0x00800000u
#define PIDS_ID	  0x007fffffu

/* The pid is the one in the journal's record of who. */
void pids_add(struct supervisor *sv, uint32_t who);
void pids_remove(struct supervisor *sv, uint32_t who);
/* PLAN_NONE: no process of a service. */
uint32_t pids_find(struct supervisor *sv, pid_t pid);

/* The word of the record that holds the pid of who. */
int32_t *pids_word(struct supervisor *sv, uint32_t who);

#endif
