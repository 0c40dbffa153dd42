/*
 * The file `loaded`: the merged definitions in force, so that nobody keeps
 * them in memory. The supervisor reads a service's section at each start,
 * svctl for plan, cat and why, and a new supervisor after a crash. Pure.
 *
 *     tend-loaded 1\n
 *     @ NAME ENABLED LENGTH\n          LENGTH bytes of fragments follow
 *     + LENGTH FILE\n                  LENGTH bytes of text follow: a fragment
 *     ! LENGTH FILE\n                  the same, an error message: invalid
 *     ~ 0 FILE\n                       masked by FILE
 *
 * ENABLED is a word of enabled_name(). Fragments are in the order in which
 * def_apply takes them. Comments are cut from the text, their newlines stay,
 * so that line numbers are those of the file. Sections are sorted by name.
 */
#ifndef LIB_LOADED_H
#define LIB_LOADED_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"

#define LOADED_HEADER "tend-loaded 1\n"

/*
 * An arena for loaded_parse of this size takes every section that lib/load.h
 * has not called invalid (most need under 1 KiB; untouched pages are free).
 */
#define LOADED_ARENA_BYTES (4u << 20)

struct arena;
struct def;
struct def_error;

struct loaded_section {
	char name[NAME_CAP];
	unsigned enabled;  /* enum svc_enabled */
	const char *bytes; /* the fragments */
	size_t len;
};

struct loaded_fragment {
	char kind;	  /* '+' '!' '~' */
	const char *file; /* not NUL-terminated */
	size_t file_len;
	const char *text;
	size_t len;
};

/*
 * *at is 0 before the first call. False: no more, or *is_broken. A section
 * alone, as load_service gives it, needs no header before it.
 */
bool loaded_next(const char *bytes, size_t len, size_t *at,
	struct loaded_section *out, bool *is_broken);
/* The same for the fragments within a section. */
bool loaded_fragment_next(const char *bytes, size_t len, size_t *at,
	struct loaded_fragment *out, bool *is_broken);

/*
 * The fragment that names the service's own file: the first one that is not
 * from tend.conf. False: the section is empty or broken.
 */
bool loaded_source(const char *bytes, size_t len, struct loaded_fragment *out);

/*
 * A section to a definition. False: error (masked sections are an error too,
 * with the text "masked by FILE").
 */
bool loaded_parse(const char *bytes, size_t len, struct arena *arena,
	struct def *def, struct def_error *error);

#endif
