/*
 * The command line. Pure: says what was asked for, does none of it.
 */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_verdict {
	OPTIONS_RUN = 0,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_BAD /* problem says what is wrong with bad */
};

enum options_place {
	PLACE_ASK_KERNEL = 0,
	PLACE_CONTAINER,
	PLACE_MACHINE
};

/* Strings are those of argv. NULL: not given. */
struct options {
	enum options_verdict verdict; /* of the first option that has one */
	const char *bad;
	const char *problem;
	char letter[3]; /* "-x", when bad stands within a group */

	enum options_place place;
	bool to_group;	     /* -g: signals go to the command's group */
	bool has_dashes;     /* "--" was given */
	uint32_t to_zero[8]; /* -e: bit of each exit status that becomes 0 */
	const char *config;  /* -c, for the supervisor */
	const char *runtime; /* -r, for the supervisor */
	char **command;	     /* NULL-terminated */
};

/* Goes on behind errors: PID 1 of a machine has to live with them. */
void options_parse(struct options *options, char **argv);

/* What stands in place of exit status after -e. */
int options_status(const struct options *options, int status);

extern const char options_help[];

#endif
