/*
 * Names of finished files, and when a file is finished. Pure.
 *
 *   current                     being written
 *   @20261123T143105.123456Z.s  finished; the time is that of its first line
 *   @20261123T143105.123456Z.u  being read by a processor
 *   @20261123T143105.123456Z.t  being written by a processor
 *   @20261123T143105.123456Z.p  made by a processor: finished as well
 */
#ifndef SUPERVISOR_SVLOG_ROTATE_H
#define SUPERVISOR_SVLOG_ROTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/svlog/stamp.h"

#define ROTATE_NAME_LEN (1 + STAMP_NAME_LEN + 2)

enum rotate_kind {
	ROTATE_OTHER, /* none of ours */
	ROTATE_FINISHED,
	ROTATE_READ,
	ROTATE_WRITTEN,
	ROTATE_PROCESSED
};

/* name[ROTATE_NAME_LEN] becomes NUL. suffix: s, u, t or p. */
void rotate_name(const char stamp_name[STAMP_NAME_LEN], char suffix,
	char name[ROTATE_NAME_LEN + 1]);
enum rotate_kind rotate_kind_of(const char *name);

struct rotate_limits {
	uint64_t size;	/* bytes */
	uint32_t age_s; /* 0: any */
};

/*
 * Bytes of whole lines that may yet be written; first_s is the time of the
 * first line, of a file with some. 0: it is finished.
 */
uint64_t rotate_room(const struct rotate_limits *limits, uint64_t size,
	int64_t first_s, int64_t now_s);

/* What is in a directory, told entry by entry; begins as zeros. */
struct rotate_survey {
	uint32_t files; /* finished ones */
	uint64_t bytes; /* of them */
	uint64_t oldest_bytes;
	char oldest[ROTATE_NAME_LEN + 1]; /* "" : none */
};

void rotate_see(struct rotate_survey *survey, const char *name, uint64_t bytes);

#endif
