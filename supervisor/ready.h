/*
 * Readiness, health and watchdog: what is done to find them out. The policy is
 * vigil.h's, one look is look.h's. A service with `ready = exec` and nothing
 * else of this has no watcher and costs nothing here; no other has a
 * descriptor once it is up, but for the moment of a look.
 */
#ifndef SUPERVISOR_READY_H
#define SUPERVISOR_READY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;
struct spec;
struct supervisor;

/* Its main process is about to be made: what it is to write to is made. */
void ready_prepare(struct supervisor *sv, uint32_t id, struct spec *spec);
/* It runs its program: EVENT_READY now, or when it is found to be so. */
void ready_begin(struct supervisor *sv, uint32_t id);
/* Its state may be another: what is no longer watched for ends. */
void ready_follow(struct supervisor *sv, uint32_t id);
/* Its definition is another: once it is up the new one counts. */
void ready_redefined(struct supervisor *sv, uint32_t id);
/* Those that were up when an earlier supervisor died. */
void ready_recover(struct supervisor *sv);

/* What the service has said, and its sender was allowed to. */
void ready_take(struct supervisor *sv, uint32_t id, const struct notify *n);
/* PAGE_RELOADING, PAGE_LEAVING, PAGE_UNWELL. */
uint32_t ready_flags(const struct supervisor *sv, uint32_t id);

/* A descriptor of which as loop_add() was told has something to say. */
void ready_event(struct supervisor *sv, uint32_t which);
/* A file was made where somebody waits for one. */
void ready_path_event(struct supervisor *sv, int watch);
/* All that is due. */
void ready_run(struct supervisor *sv);
/* Milliseconds until then, -1: never. */
int ready_wait_ms(const struct supervisor *sv);

#endif
