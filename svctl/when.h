/*
 * Moments as people write them and as log files hold them. All are in UTC, as
 * what is shown is, and in microseconds since 1970. Pure.
 */
#ifndef SVCTL_WHEN_H
#define SVCTL_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_NONE    (-1) /* no moment */
#define WHEN_STAMP   27	  /* bytes of 2026-11-23T14:31:05.123456Z */
#define WHEN_COMPACT 23	  /* bytes of 20261123T143105.123456Z */
#define WHEN_LAST    253402300799999999 /* the end of the year 9999 */

struct fmt;

/*
 * What --since and --until take: RFC 3339 with T or a blank, its seconds,
 * fraction and zone optional (2026-11-23T14:30+01:00), a date, a time of today
 * (14:30, 14:30:05), now, today, yesterday, "10min ago", -10min. A moment
 * before 1970 is 1970. False for anything else.
 */
bool when_parse(const char *text, int64_t now_us, int64_t *us);

/* What begins a line of a log: WHEN_STAMP bytes of len, else false. */
bool when_read_stamp(const char *bytes, size_t len, int64_t *us);
/* What names a rotated file: WHEN_COMPACT bytes of len, else false. */
bool when_read_compact(const char *bytes, size_t len, int64_t *us);
/* The WHEN_STAMP bytes of 0 to WHEN_LAST. */
void when_put_stamp(struct fmt *f, int64_t us);

#endif
