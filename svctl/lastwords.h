/*
 * The record of a death: key=value lines, an empty one, and the last lines of
 * the log. Keys that are not known are skipped, missing ones empty. Pure.
 */
#ifndef SVCTL_LASTWORDS_H
#define SVCTL_LASTWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lastwords {
	int64_t us;	    /* when it was; WHEN_NONE: not told */
	int64_t exit_code;  /* -1: not told */
	const char *signal; /* a name; borrowed; signal_len 0: none */
	size_t signal_len;
	int64_t pid, ran_ms, cpu_ms, peak_kb; /* -1: not told */
	bool was_oom;
	const char *text; /* the last lines; borrowed */
	size_t text_len;
};

/* False: it has neither a time nor an end, so it is no such record. */
bool lastwords_parse(struct lastwords *words, const char *bytes, size_t len);

#endif
