/*
 * The command line of supervisor(8).
 */
#ifndef SUPERVISOR_OPTIONS_H
#define SUPERVISOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/paths.h"
#include "supervisor/stop.h"

struct options {
	struct paths_options paths;
	struct stop_options stop;
	bool is_foreground;
	bool is_verbose;
	bool is_doctor;	  /* to say what is found here, and do nothing */
	bool is_upgraded; /* executed in the place of another program */
	int upgrade_fd;	  /* whom to tell that we serve, 0: nobody */
	int init_fd;	  /* -1: no init */
	/* Services that no file has to name, in argv. */
	char **service; /* NAME=COMMAND of each -S */
	size_t services;
	const char *const *command; /* behind --; NULL: none */
};

/*
 * Returns -1 to go on, else the exit status to leave with: --help and
 * --version have been answered, an error has been said. argv has to stay, and
 * is written to.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
