/* What scan.c and scan_find.c share. */
#ifndef LIB_SCAN_PRIVATE_H
#define LIB_SCAN_PRIVATE_H

#include <stdbool.h>

#include "lib/scan.h"

#define WANTS	".wants"
#define DROPINS ".d"

/* Is there a file, name with end behind it? A link is one. */
bool scan_is_there(int at, const char *name, const char *end);

/* What the definition NAME in a place is; d_type may be DT_UNKNOWN. */
enum scan_kind
scan_kind_of(const struct scan *scan, int place, const char *name, int d_type);

/*
 * Opens TARGET.wants in a root; -1 if it is not there or others can change it,
 * which is warned of.
 */
int scan_open_wants(struct scan *scan, unsigned root, const char *target);

/* A link to /dev/null in the highest root that speaks of it takes it away. */
bool scan_is_decided_above(const struct scan *scan, unsigned root,
	const char *target, const char *name);

/* Adds the targets that have a .wants directory in the root. */
int
scan_list_targets(struct scan *scan, unsigned root, struct listing *targets);

#endif
