/*
 * What the journal is told of a process that is made, main or hook: pids.h
 * says how they are named.
 */
#ifndef SUPERVISOR_BIRTH_H
#define SUPERVISOR_BIRTH_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct spec;

/* What it is to run: enum def_part << 8 | which command of that part. */
unsigned birth_command(struct supervisor *sv, uint32_t who);
/* If spec says so: the failure of a hook does not matter. */
void
birth_may_fail(struct supervisor *sv, uint32_t who, const struct spec *spec);
/* Before the clone. Returns the word that gets the child's error. */
volatile uint32_t *birth_prepare(struct supervisor *sv, uint32_t who);
/* After it; the kernel has written the pid. */
void birth_done(struct supervisor *sv, uint32_t who);

/*
 * Whether the loop is to wake up at its exec. What comes of a oneshot is known
 * when it ends, and then its slot is found free as well.
 */
bool birth_tells_exec(const struct supervisor *sv, uint32_t who);

#endif
