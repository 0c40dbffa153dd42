/*
 * The end of adopted processes where no init tells of it: a pidfd each, and
 * where descriptors are short a look now and then. The status of one is known
 * where the kernel keeps it for the holder of a pidfd (Linux 6.15).
 */
#ifndef SUPERVISOR_WATCH_H
#define SUPERVISOR_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* A process is named as pids.h says. */

/* False: it has ended already. */
bool watch_begin(struct supervisor *sv, uint32_t who);
/* The same of one that init would not tell of either. */
bool watch_follow(struct supervisor *sv, uint32_t who);
/* Its end is known, if it was watched at all. */
void watch_end(struct supervisor *sv, uint32_t who);
/* Its pidfd can be read: it has ended, and is perhaps not reaped yet. */
void watch_ready(struct supervisor *sv, uint32_t who);
/* Those that have no pidfd, and those whose parent does not reap them. */
void watch_look(struct supervisor *sv);
/* Milliseconds until that is to be called, -1: never. */
int watch_wait_ms(const struct supervisor *sv);

#endif
