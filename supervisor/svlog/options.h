/* The command line of svlog. */
#ifndef SUPERVISOR_SVLOG_OPTIONS_H
#define SUPERVISOR_SVLOG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/svlog/entries.h"

struct options {
	const char *dir;       /* of a filter; NULL: a service */
	const char *run_dir;   /* of a service */
	const char *log_dir;   /* of a service */
	const char *processor; /* of a filter; NULL: none */
	struct entry entry;    /* of a filter */
	uint64_t max_total;
	int syslog_fd; /* of a service, the socket /dev/log; -1: none */
	bool is_json;  /* what goes to stdout */
};

/* -1: go on; otherwise the exit status, and the reason was said. */
int options_parse(struct options *options, int argc, char **argv);

#endif
