/*
 * `svctl upgrade`: the supervisor executes the program that now lies at its
 * path, in place: same pid, same children, same pair to init. What it knows is
 * in the journal. If the new program does not serve within UPGRADE_MS, init
 * ends it and starts the last one that served; without init a guard does.
 */
#ifndef SUPERVISOR_UPGRADE_H
#define SUPERVISOR_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

#define UPGRADE_MS 5000

/* Where the program is to be found later. argv0: of main. */
void upgrade_note_program(struct supervisor *sv, const char *argv0);

/* Asked for: done at the end of the turn, once no start is under way. */
void upgrade_ask(struct supervisor *sv, uint64_t token);
/* To be called once a turn when it is asked for. Returns only if there is
 * nothing to do yet, or it could not be done: then that was answered, and all
 * goes on. */
void upgrade_run(struct supervisor *sv);
/* Milliseconds until it is to be called again, -1: none was asked for. */
int upgrade_wait_ms(const struct supervisor *sv);

/*
 * The new program serves: whoever guards it is told, and who asked for it.
 * token: of the request that the one before us died over or was replaced by,
 * 0: none.
 */
void upgrade_answer(struct supervisor *sv, uint64_t token);

#endif
