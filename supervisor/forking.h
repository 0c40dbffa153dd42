/*
 * The main process of a service that forks and ends: found by its pid file, or
 * as the only process that it left behind.
 */
#ifndef SUPERVISOR_FORKING_H
#define SUPERVISOR_FORKING_H

#include <stdint.h>

struct supervisor;

/* Its first process has ended well: begins to look, EVENT_MAIN tells. */
void forking_search(struct supervisor *sv, uint32_t id);
/* Looks again for all that are not found yet; once a turn. */
void forking_look(struct supervisor *sv);
/* Milliseconds until that is to be called, -1: never. */
int forking_wait_ms(const struct supervisor *sv);

#endif
