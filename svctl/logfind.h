/*
 * The first line of a log file at or after a moment, by bisection of its bytes:
 * a file of a GiB takes some 30 reads. It may grow meanwhile; what is behind
 * size is not looked at. Lines are expected in the order of their stamps; one
 * without a stamp belongs to the line before it. Pure.
 */
#ifndef SVCTL_LOGFIND_H
#define SVCTL_LOGFIND_H

#include <stddef.h>
#include <stdint.h>

struct logfind {
	/* Up to cap bytes from `at` on; how many, 0 at the end or on errors. */
	size_t (*read)(void *context, uint64_t at, char *bytes, size_t cap);
	void *context;
	uint64_t size; /* bytes */
};

/* The offset of that line, or size if there is none. */
uint64_t logfind_first(const struct logfind *file, int64_t us);

#endif
