/*
 * The command line of supervisor(8).
 */
#ifndef SUPERVISOR_OPTIONS_H
#define SUPERVISOR_OPTIONS_H

#include <stdbool.h>

#include "lib/paths.h"

struct options {
	struct paths_options paths;
	bool is_foreground;
	bool is_verbose;
	bool is_doctor;	  /* to say what is found here, and do nothing */
	bool is_upgraded; /* executed in the place of another program */
	int upgrade_fd;	  /* whom to tell that we serve, 0: nobody */
	int init_fd;	  /* -1: no init */
};

/*
 * Returns -1 to go on, else the exit status to leave with: --help and
 * --version have been answered, an error has been said.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
