/*
 * One message of the sd_notify protocol: lines NAME=VALUE, of which unknown
 * ones are skipped. Pure.
 */
#ifndef SUPERVISOR_NOTIFY_PARSE_H
#define SUPERVISOR_NOTIFY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer message is dropped as a whole. */
#define NOTIFY_BYTES 4096u
#define NOTIFY_NONE  UINT64_MAX

struct notify {
	bool is_ready;
	bool is_stopping;
	bool is_reloading;
	bool is_ping;	    /* WATCHDOG=1 */
	bool is_trigger;    /* WATCHDOG=trigger: it gives up */
	int32_t main_pid;   /* 0: not said */
	const char *status; /* into the message, NULL: not said */
	size_t status_len;
	uint64_t reload_usec;	/* CLOCK_MONOTONIC; or NOTIFY_NONE */
	uint64_t extend_usec;	/* NOTIFY_NONE: not said */
	uint64_t watchdog_usec; /* NOTIFY_NONE: not said */
};

/* False: a NUL within, or nothing that is known; *out says nothing then. */
bool notify_parse(const char *bytes, size_t len, struct notify *out);

/*
 * A status text as it may be shown: on one line, without control bytes, not
 * cut within a character. The result ends in NUL.
 */
void notify_clean(char *out, size_t cap, const char *text, size_t len);

#endif
