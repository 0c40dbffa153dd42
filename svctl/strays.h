/*
 * What outlives a service: processes that carry its name in TEND_SERVICE and
 * belong to nothing that runs of it.
 */
#ifndef SVCTL_STRAYS_H
#define SVCTL_STRAYS_H

#include "lib/fmt.h"
#include "lib/page.h"

struct svctl;

/*
 * How many there are; appends that, and the pids of the first, to f. The
 * supervisor has no part in it: all of /proc is read here, and only of a
 * service that is not on its way and may have left something.
 */
unsigned strays_find(const struct svctl *s, const char *name,
	const struct page_entry *entry, struct fmt *f);

#endif
