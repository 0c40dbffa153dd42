/*
 * The times in front of lines and in names of files: UTC, microseconds, of
 * fixed width, so that sorting text sorts by time. Pure.
 */
#ifndef SUPERVISOR_SVLOG_STAMP_H
#define SUPERVISOR_SVLOG_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_LEN      27 /* 2026-11-23T14:31:05.123456Z */
#define STAMP_NAME_LEN 23 /* 20261123T143105.123456Z */

/* Begins as zeros. The text of a second is kept: most lines share it. */
struct stamp {
	char text[STAMP_LEN]; /* no NUL */
	bool is_set;
	int64_t second; /* that text shows */
};

/* Years 1970 to 9999; what lies outside shows as the nearest of them. */
void stamp_set(struct stamp *stamp, int64_t second, uint32_t microsecond);

/* Whether text is of the shape of a stamp; its bytes, not its calendar. */
bool stamp_is_valid(const char *text, size_t len);

/* The same without what file names are better off without. */
void stamp_to_name(const char text[STAMP_LEN], char name[STAMP_NAME_LEN]);
/* One microsecond later; false: there is none before the next minute. */
bool stamp_name_next(char name[STAMP_NAME_LEN]);

#endif
