/*
 * Probes that are commands: run by hook_start() as PART_CHECK, told of here.
 */
#ifndef SUPERVISOR_CHECK_H
#define SUPERVISOR_CHECK_H

#include <stdint.h>

struct supervisor;

enum check_end {
	CHECK_WELL,
	CHECK_BAD,
	CHECK_CUT /* killed for a hook that had to run: it says nothing */
};

/* which: as given to hook_start(). */
void check_ended(
	struct supervisor *sv, uint32_t id, unsigned which, enum check_end end);

#endif
