/*
 * Records of /dev/kmsg, one a read: PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT
 * and, after a newline, lines ` KEY=VALUE` that are not shown. Pure.
 */
#ifndef SUPERVISOR_SVLOG_KMSG_PARSE_H
#define SUPERVISOR_SVLOG_KMSG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt;

struct kmsg_record {
	unsigned priority;
	uint64_t seq;	  /* one more than that of the record before */
	uint64_t us;	  /* since the kernel began to count */
	const char *text; /* borrowed; the kernel has escaped it */
	size_t len;
};

/* False: it is no record. */
bool kmsg_parse(const char *bytes, size_t len, struct kmsg_record *record);

/*
 * FACILITY.SEVERITY and the text, without a newline. What the kernel escaped
 * and need not be, UTF-8, tabs and backslashes, is as it was.
 */
void kmsg_put(struct fmt *f, const struct kmsg_record *record);

#endif
