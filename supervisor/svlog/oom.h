/*
 * Whether a process that SIGKILL ended was the OOM killer's: by what the
 * kernel says of it in /dev/kmsg, or else by its counters. Of the worker alone.
 */
#ifndef SUPERVISOR_SVLOG_OOM_H
#define SUPERVISOR_SVLOG_OOM_H

#include <stdint.h>
#include <sys/types.h>

/* The counters as they are, to be compared later. */
void oom_begin(void);
/* "yes", "no" or "unknown"; it ran that long. */
const char *oom_answer(pid_t pid, uint64_t ran_ms);

#endif
