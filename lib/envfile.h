/*
 * environment-file: NAME=value lines. # and ; begin comment lines, blanks
 * around are dropped, "export " before a name is allowed, '...' and "..." with
 * backslashes quote, \ at the end continues. Nothing expands. Pure.
 */
#ifndef LIB_ENVFILE_H
#define LIB_ENVFILE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct def_error;

/*
 * Calls set for each "NAME=value" (in arena) in order. False: error says where
 * and what; file is used for that only.
 */
bool envfile_parse(const char *file, const char *text, size_t len,
	struct arena *arena, void (*set)(void *context, const char *pair),
	void *context, struct def_error *error);

#endif
