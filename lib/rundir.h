/*
 * Directories of scripts as runit, s6, s6-rc and nitro have them, said in keys
 * of a definition: each file becomes a fragment of lib/loaded.h that bears its
 * name. Only section.c uses this.
 */
#ifndef LIB_RUNDIR_H
#define LIB_RUNDIR_H

#include <stdbool.h>

#include "lib/load.h"

struct rundir {
	int at;		       /* of its place */
	const char *place;     /* path of it */
	const char *file;      /* the directory, below the place */
	const char *path;      /* of the directory */
	const char *service;   /* the service's name */
	bool is_logger;	       /* it is log/ of another */
	bool is_instance;      /* scripts get the instance as first argument */
	char *buffer;	       /* LOAD_FILE_MAX + 2 bytes */
	struct load_text *out; /* fragments are appended */
	char *problem; /* SOURCE_PROBLEM_CAP bytes: PATH: what, and what to do
			*/
};

enum rundir_result {
	RUNDIR_OK,
	RUNDIR_BAD, /* problem */
	RUNDIR_FULL /* out of memory */
};

enum rundir_result rundir_read(const struct rundir *dir);

#endif
