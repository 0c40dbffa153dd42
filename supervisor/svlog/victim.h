/*
 * Whom the kernel's OOM killer killed, by a record of /dev/kmsg:
 * "PRIORITY,SEQUENCE,MICROSECONDS,...;Out of memory: Killed process PID (...".
 * Pure.
 */
#ifndef SUPERVISOR_SVLOG_VICTIM_H
#define SUPERVISOR_SVLOG_VICTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct victim {
	int32_t pid;
	uint64_t us; /* since the machine's start, as the kernel counts */
};

/* False: the record is of something else, or not the kernel's own. */
bool victim_parse(const char *record, size_t len, struct victim *victim);

/* The number behind `key` in lines of "KEY NUMBER"; false: there is none. */
bool victim_count(const char *text, size_t len, const char *key, uint64_t *n);

#endif
