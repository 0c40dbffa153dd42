/*
 * What a service asks of the machine before it starts (wait-for, start-if,
 * assert), looked at in a child of its own: a look at a file may hang, and a
 * wait for one may last. The supervisor only waits for the child's end.
 */
#ifndef SUPERVISOR_ASK_H
#define SUPERVISOR_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

/* PLAN_ASK_*; answered by EVENT_THERE or EVENT_CONDITION, if still wanted. */
void ask_begin(struct supervisor *sv, uint32_t id, unsigned what);
/* A dead child that is no service's. False: it was none of ours. */
bool ask_died(struct supervisor *sv, pid_t pid, int32_t status);
/* Once a turn: those that took too long, and those that wait for their turn. */
void ask_turn(struct supervisor *sv);
/* When it has to be called again, -1: never. */
int ask_wait_ms(const struct supervisor *sv);
/* All of them are ended: nobody will listen to their answers. */
void ask_end(struct supervisor *sv);

#endif
