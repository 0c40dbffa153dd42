/*
 * What differs between two definitions, key by key. Pure.
 */
#ifndef SVCTL_DIFF_H
#define SVCTL_DIFF_H

#include <stdbool.h>

struct def;
struct fmt;

/* One key and its two values in words; "unset" for one that is not there. */
typedef void diff_each(
	void *context, const char *key, const char *before, const char *after);

/* Calls each for every key that differs; returns how many do. */
unsigned diff_defs(const struct def *before, const struct def *after,
	diff_each *each, void *context);

#endif
