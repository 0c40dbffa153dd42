/* What rundir.c and rundir_parts.c share. */
#ifndef LIB_RUNDIR_PRIVATE_H
#define LIB_RUNDIR_PRIVATE_H

#include <stdbool.h>

#include "lib/rundir.h"
#include "lib/source.h"

#define RUNDIR_LINE 2048 /* of a file that holds one value */

enum rundir_kind {
	RUNDIR_RUNIT,
	RUNDIR_S6,
	RUNDIR_NITRO
};

struct rundir_scan {
	const struct rundir *dir;
	int fd;
	enum rundir_kind kind;
	enum rundir_result result;
	struct load_text text; /* of the fragment at hand */
	char path[SOURCE_PATH_CAP];
};

bool rundir_has(const struct rundir_scan *s, const char *file);
/* "PATH/FILE: what" becomes the problem. */
void rundir_fail(struct rundir_scan *s, const char *file, const char *what);
/* To the fragment, as it is or as one word. */
void rundir_add(struct rundir_scan *s, const char *text);
void rundir_add_quoted(struct rundir_scan *s, const char *text);
/* The fragment is whole, and said by FILE. */
void rundir_end(struct rundir_scan *s, const char *file);

/* False: it is not there, or result says that it is no good. */
bool rundir_is_script(struct rundir_scan *s, const char *file);
/* A script with the instance of a template as its argument. */
void rundir_add_script(struct rundir_scan *s, const char *file);
/* The first line of a file without blanks at its end. False: as above. */
bool
rundir_line(struct rundir_scan *s, const char *file, char out[RUNDIR_LINE]);

/* KEY = NAME for each file in a directory. */
void rundir_add_names(struct rundir_scan *s, const char *file, const char *key);
/* env/ as envdir has it: the first line of each file. */
void rundir_add_env(struct rundir_scan *s);
/* Where its output goes: log/run, or the service that `log` leads to. */
void rundir_add_log(struct rundir_scan *s);
/* control/ of runit. */
void rundir_add_control(struct rundir_scan *s);

#endif
