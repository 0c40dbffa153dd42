/* What is in a service's log files, against what its writers have noted. */
#ifndef TORTURE_GATHERED_H
#define TORTURE_GATHERED_H

#include <stdbool.h>
#include <stdint.h>

struct scrawl_notes;

/* False: it differs, and that was said. Adds the bytes that are there. */
bool gathered_check(
	const struct scrawl_notes *notes, unsigned service, uint64_t *bytes);

#endif
