/*
 * What every verb of svctl gets: the options, the output, the status page.
 */
#ifndef SVCTL_SVCTL_H
#define SVCTL_SVCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/paths.h"
#include "svctl/map.h"
#include "svctl/out.h"

/* Exit statuses of svctl(1); results on the page use the same numbers. */
enum code {
	CODE_OK = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_NOT_UP = 3,
	CODE_UNKNOWN = 4,
	CODE_DENIED = 5,
	CODE_NO_SUPERVISOR = 6,
	CODE_TIMEOUT = 7,
	CODE_INVALID = 78
};

#define LOG_UNITS_MAX 32

/* What options say about the lines of logs; NULL: nothing. */
struct log_options {
	const char *since, *until, *grep;
	uint32_t lines; /* with OPT_LINES */
	const char *unit[LOG_UNITS_MAX];
	unsigned units;
};

struct svctl {
	struct paths_options paths;
	unsigned given;	      /* OPT_ bits of svctl/options.h */
	uint32_t timeout_ms;  /* 0: none */
	uint64_t deadline_ms; /* CLOCK_MONOTONIC; 0: none */
	const char *target;   /* --in, or NULL */
	const char *until;    /* --for, or NULL */
	int signal;	      /* -s, or 0 */
	struct log_options log;
	char runtime[PATHS_CAP];
	struct map map; /* the status page, once page_open() succeeded */
	struct out out;
};

/*
 * Maps the status page. On failure says why and returns an exit code. With
 * wants_live a dead supervisor is a remark on stderr, no failure.
 */
int svctl_open_page(struct svctl *s, bool wants_remark);

/* "no such service", with the nearest name of the page. CODE_UNKNOWN. */
int svctl_say_unknown(struct svctl *s, const char *name);

#endif
