/*
 * Processes of services: made without waiting for them. A child shares our
 * memory until it execs, on a stack from a pool; when the pool is used up, a
 * spawn is put off. The new pid is in the journal before the child runs.
 */
#ifndef SUPERVISOR_SPAWN_H
#define SUPERVISOR_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* The FIFO `exec` and its place in the loop. 0, or -1 with errno. */
int spawn_open(struct supervisor *sv);

/* There is no run-time root after all: execs are found by looking. */
void spawn_forget_fifo(struct supervisor *sv);

/*
 * A process is named as pids.h says. Starts a command, now or when a slot is
 * free: of a service the one that the plan names, of a hook that of its record.
 */
void spawn_start(struct supervisor *sv, uint32_t who);
/* True if it had only been put off, and is not to be made any more. */
bool spawn_cancel(struct supervisor *sv, uint32_t who);

/*
 * Finds out which children have exec'd (EVENT_READY) and uses their slots for
 * what had been put off. To be called at the begin of each turn.
 */
void spawn_collect(struct supervisor *sv);
/* A child with memory of its own has closed its pipe: exec'd or died. */
void spawn_pipe_closed(struct supervisor *sv, unsigned which);
/* The process is dead: what it still held is given back. */
void spawn_has_died(struct supervisor *sv, uint32_t who);
/* Its child has not exec'd yet: it runs our code, with signals blocked. */
bool spawn_is_under_way(const struct supervisor *sv, uint32_t who);
/* Any of them, or a start that waits for its turn. */
bool spawn_is_any_under_way(const struct supervisor *sv);
/* Milliseconds until spawn_collect() should be called anyway, -1: never. */
int spawn_wait_ms(const struct supervisor *sv);

#endif
