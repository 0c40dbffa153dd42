/*
 * RUN/logs: which services svlog writes the output of, and how. Lines:
 *
 *   tend-logs 1
 *   * max-total=BYTES group=NAME format=json syslog=ADDRESS
 *   NAME to=file,stdout,syslog,service:OTHER size=BYTES keep=N line-max=BYTES
 * age=SECONDS overflow=block|drop streams=1|2 processor=REST OF THE LINE
 *   NAME source=syslog|kmsg path=PATH ...
 *
 * Unknown keys, and destinations that are not known, are passed over; a line
 * that is not as it should be is passed over and counted. Pure.
 */
#ifndef SUPERVISOR_SVLOG_ENTRIES_H
#define SUPERVISOR_SVLOG_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRIES_LINE_MAX_DEFAULT 8192u
#define ENTRIES_LINE_MAX	 32768u /* a larger one is this */
#define ENTRIES_SIZE_MIN	 4096u	/* a smaller one is this */

/* Where lines go: bits. A new destination gets the next. */
#define ENTRIES_FILE	1u
#define ENTRIES_STDOUT	2u
#define ENTRIES_SERVICE 4u
#define ENTRIES_RELAY	8u /* syslog */
#define ENTRIES_ALL                                                            \
	(ENTRIES_FILE | ENTRIES_STDOUT | ENTRIES_SERVICE | ENTRIES_RELAY)

/* Where lines come from. */
enum entries_source {
	ENTRIES_PIPES, /* a service's */
	ENTRIES_SYSLOG,
	ENTRIES_KMSG
};

/* Borrowed bytes of the text. */
struct entries_words {
	const char *at;
	size_t len; /* 0: none */
};

struct entry {
	struct entries_words name;
	struct entries_words processor;
	struct entries_words service; /* that ENTRIES_SERVICE means */
	struct entries_words path;    /* of a source */
	enum entries_source source;
	unsigned to;
	uint64_t size;	   /* bytes of a file */
	uint32_t keep;	   /* finished files */
	uint32_t line_max; /* bytes */
	uint32_t age_s;	   /* 0: any */
	bool is_dropped;   /* rather than stopping the service */
	bool has_err;	   /* a second FIFO, for stderr */
};

struct entries {
	const char *text; /* borrowed */
	size_t len;
	size_t at;
	unsigned bad;	    /* lines passed over */
	uint64_t max_total; /* bytes of all finished files; 0: no limit */
	struct entries_words group;
	struct entries_words syslog; /* where it is; see lib/logaddr.h */
	bool is_json;		     /* lines for stdout */
};

/* False: not the first line of such a file. */
bool entries_init(struct entries *entries, const char *text, size_t len);
/* The next service; false at the end. */
bool entries_next(struct entries *entries, struct entry *entry);

/* What an entry is that says nothing. */
void entries_default(struct entry *entry);
/* Digits, and K, M or G behind them. */
bool entries_number(const char *text, size_t len, uint64_t *n);
/* Puts sizes within the bounds above. */
void entries_bound(struct entry *entry);

#endif
