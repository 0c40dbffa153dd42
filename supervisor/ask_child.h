/*
 * The child that looks: it has its own memory, and may block. Its exit status
 * is the answer.
 */
#ifndef SUPERVISOR_ASK_CHILD_H
#define SUPERVISOR_ASK_CHILD_H

#include <stdint.h>

struct supervisor;

#define ASK_HOLDS  0
#define ASK_SKIP   1   /* + which item of start-if, at most 99 */
#define ASK_ASSERT 101 /* + which item of assert, at most 99 */
#define ASK_ERROR  250 /* it could not even look */
#define ASK_MORE   251 /* so far they hold; commands are left to be run */
#define ASK_ITEMS  99

/* What is looked at by one child, in this order. */
#define ASK_STAGE_WAIT	0u
#define ASK_STAGE_FILES 1u
#define ASK_STAGE_EXEC	2u /* + which of the commands among the items */

struct ask_task {
	struct supervisor *sv;
	uint32_t id;
	unsigned stage;
};

/* Does not return. arg is a struct ask_task. */
int ask_child_run(void *arg);

/*
 * What the wait status of the n-th command among the items means: ASK_*,
 * ASK_MORE if it was not the last one.
 */
int ask_command_result(
	const struct supervisor *sv, uint32_t id, unsigned n, int32_t status);

#endif
