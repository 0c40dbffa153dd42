/*
 * How long a service waits before it is started again, and when it has been
 * started too often. Pure.
 */
#ifndef SUPERVISOR_BACKOFF_H
#define SUPERVISOR_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The delay after `failures` failures in a row (0 for the first): the list's
 * entry, the last one repeating, plus up to a tenth of it, chosen by seed, so
 * that services which died together do not come back together.
 */
uint64_t backoff_delay_ms(
	const uint32_t *list, uint32_t count, uint32_t failures, uint64_t seed);

/*
 * Counts one restart at now. False when it is more than `limit` within
 * window_ms of the first one counted; 0 is no limit.
 */
bool backoff_count(uint16_t *used, uint64_t *from_ms, uint16_t limit,
	uint32_t window_ms, uint64_t now_ms);

#endif
