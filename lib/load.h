/*
 * Reads the config roots into the form of lib/loaded.h. Used by the supervisor
 * (start, apply, start and restart of one) and by svctl (check, plan, enable,
 * --root). Never blocks on a FIFO or device: only regular files are read.
 */
#ifndef LIB_LOAD_H
#define LIB_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/logaddr.h"
#include "lib/paths.h"

struct given;
struct listing;

#define LOAD_FILE_MAX (1u << 20) /* a longer definition is an error */

/* What svlog reads beside the output of services: bits, and their logs. */
#define LOAD_SYSLOG	 1u
#define LOAD_KMSG	 2u
#define LOAD_SYSLOG_NAME "syslog"
#define LOAD_KMSG_NAME	 "kmsg"
/* Of a path of a socket, with the NUL. */
#define LOAD_SOCKET_CAP 108

/* Of drain-command, with the NUL. */
#define LOAD_COMMAND_CAP 512

/* tend.conf, merged over the config roots (the first root wins). */
struct load_settings {
	bool is_start_set; /* `start` was given */
	bool start_all; /* all, else enabled; decided when start is not set */
	char control_group[64];		      /* "" for none */
	uint32_t status_mode;		      /* 0: not set */
	uint32_t stop_budget_ms;	      /* 0: none */
	uint32_t drain_ms;		      /* 0: none */
	char drain_command[LOAD_COMMAND_CAP]; /* "" for none */
	char log_group[64];		      /* of log files, "" for none */
	char log_syslog[LOGADDR_CAP];	      /* "" for none */
	bool is_log_json;    /* lines on stdout are JSON objects */
	uint8_t log_sources; /* LOAD_SYSLOG and LOAD_KMSG */
	char log_syslog_socket[LOAD_SOCKET_CAP]; /* "" for /dev/log */
	bool is_log_max_total_set;
	uint64_t log_max_total;	      /* bytes of all logs, 0: no limit */
	char service_path[PATHS_CAP]; /* further directories, blanks between */
};

struct load {
	unsigned roots;
	char root[PATHS_ROOTS][PATHS_CAP];
	struct load_settings settings;
	/* default-KEY lines as fragments of lib/loaded.h, or NULL */
	char *defaults;
	size_t defaults_len;
	/*
	 * Instances of templates that load_all is to load although no file
	 * names them; NULL for none. The caller's.
	 */
	const struct listing *keep;
	/* Above all files; NULL for nothing. The caller's. */
	const struct given *given;
	/* Set by load_all: a directory is there and cannot be read. */
	bool has_unreadable;
};

/*
 * Reads tend.conf. False: message (for the log) says FILE:LINE:COLUMN: what;
 * the settings are then the defaults. Call load_close either way.
 */
bool load_open(struct load *load, const struct paths_options *options,
	char *message, size_t message_cap);
void load_close(struct load *load);

/* A growing text: the sections of `loaded`. */
struct load_text {
	char *bytes; /* malloc'd; free() it */
	size_t len;
	size_t cap;
};

/*
 * Appends the section of one service ("@ NAME ..." line included). True when
 * there is a definition of that name, be it bad (its section then holds a '!'
 * fragment) or masked. False and nothing appended: no such service.
 */
bool load_service(struct load *load, const char *name, struct load_text *out);

/*
 * The same, and behind it the sections of those instances of templates and
 * loggers that it cannot do without, each of which may be in force already.
 */
bool load_service_and_needed(
	struct load *load, const char *name, struct load_text *out);

/*
 * Appends LOADED_HEADER and the sections of all services, sorted by name, and
 * with start = enabled the edges of TARGET.wants directories as fragments
 * `wants = NAME`. Returns how many, or -1 with errno when out of memory. A
 * config root that cannot be read is one warning through warn (may be NULL).
 */
int load_all(struct load *load, struct load_text *out,
	void (*warn)(const char *message));

#endif
