/*
 * Durations as definitions and options spell them: 500ms 10s 2min 1h 1d, sums
 * of them ("1min 30s" without the blank: "1min30s"), a bare number of seconds
 * with an optional fraction ("0.2"). 0 and "infinity" mean no limit and are
 * both DURATION_NONE. Pure.
 */
#ifndef LIB_DURATION_H
#define LIB_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DURATION_NONE	0u
#define DURATION_MAX_MS 4000000000u /* about 46 days */

struct fmt;

/* False for anything else, and for more than DURATION_MAX_MS. */
bool duration_parse(const char *text, size_t len, uint32_t *ms);
/* "340 ms", "2.1 s", "3 min 4 s", "2 h 3 min", "4 d 1 h". */
void duration_format(struct fmt *out, uint64_t ms);

#endif
