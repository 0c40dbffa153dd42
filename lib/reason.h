/*
 * Why a service is in its state: a number with one argument in the journal
 * and on the page, a sentence for people.
 */
#ifndef LIB_REASON_H
#define LIB_REASON_H

#include <stdint.h>

struct fmt;

enum reason {
#define REASON(number, symbol, arg, svc) REASON_##symbol = (number),
#include "lib/reason.def"
#undef REASON
	REASONS
};

/*
 * The step of a spawn that failed, with its errno, as one number for
 * REASON_EXEC_FAILED. Steps are never renumbered.
 */
enum spawn_step {
	STEP_EXEC = 0,
	STEP_STDIN = 1,
	STEP_LOG = 2,
	STEP_DIRECTORY = 3,
	STEP_GROUPS = 4,
	STEP_GROUP = 5,
	STEP_USER = 6,
	STEP_ENVIRONMENT = 7,
	STEP_DEFINITION = 8,
	STEP_SESSION = 9,
	STEP_TERMINAL = 16,
	STEP_ROOT = 17,
	STEP_NICE = 18,
	STEP_IO_PRIORITY = 19,
	STEP_AFFINITY = 20,
	STEP_SCHEDULING = 21,
	STEP_OOM = 22,
	STEP_LIMIT = 32, /* and the resource, enum limits_resource */
	STEP_READY = 48, /* behind the last limit there may be */
	SPAWN_STEPS
};

/* In the place of a wait status that nobody saw. */
#define REASON_UNSEEN 0xffff

/*
 * Appends a sentence such as "exited 1" or "exec: No such file or directory"
 * to out; nothing for REASON_NONE. dep is the name of the service that the
 * reason speaks of, text the entry's own text; both may be NULL.
 */
void reason_format(struct fmt *out, unsigned reason, int32_t arg,
	const char *dep, const char *text);

#endif
