/*
 * How often something happened lately. Pure. Zero it before its first use.
 */
#ifndef INIT_BURST_H
#define INIT_BURST_H

#include <stdint.h>

#define BURST_CAP 8

struct burst {
	uint64_t at_ms[BURST_CAP]; /* oldest first */
	unsigned len;
};

/*
 * Adds an event at now_ms; returns how many there were within the last
 * window_ms, this one included, at most BURST_CAP.
 */
unsigned burst_add(struct burst *burst, uint64_t now_ms, uint64_t window_ms);

#endif
