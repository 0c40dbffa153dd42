/*
 * Definitions as svctl reads them: those in force from RUNTIME/loaded, those
 * on disk through lib/load.h.
 */
#ifndef SVCTL_DEFS_H
#define SVCTL_DEFS_H

#include <stdbool.h>
#include <stddef.h>

struct def;
struct def_error;
struct fmt;
struct load_text;
struct loaded_section;
struct page_entry;
struct svctl;

/* RUNTIME/loaded, in full. 0, or -1 with errno. text->bytes is malloc'd. */
int defs_read_loaded(struct svctl *s, struct load_text *text);
/* The same for another file there. */
int defs_read_file(struct svctl *s, const char *name, struct load_text *text);
/*
 * All definitions on disk. How many, or -1 after a complaint. A bad tend.conf
 * is said and *has_error set.
 */
int defs_read_disk(struct svctl *s, struct load_text *text, bool *has_error);
/* The same, with those instances in force that an apply would leave alone. */
int defs_read_to_apply(struct svctl *s, const struct load_text *in_force,
	struct load_text *text, bool *has_error);
/* The same with one, if it is an instance that no file names; NULL: none. */
int defs_read_with(struct svctl *s, const char *name, struct load_text *text,
	bool *has_error);

/* False: no service of that name. */
bool defs_find(const struct load_text *text, const char *name,
	struct loaded_section *out);
/* Into out (NAME_CAP bytes); false: none is near. */
bool defs_nearest(const struct load_text *text, const char *name, char *out);

/*
 * Parses a section. *memory holds what def points to and is to be freed either
 * way. False: error says why.
 */
bool defs_parse(const struct loaded_section *section, struct def *def,
	void **memory, struct def_error *error);

/* Finds where a word stands in the values of a key; line 0: nowhere. */
void defs_locate(const struct loaded_section *section, const char *key,
	const char *word, struct def_error *where);

/*
 * Adds what the failed start of a service was about, " (command = /no/such)",
 * if that can be read.
 */
void
defs_explain(struct svctl *s, const struct page_entry *entry, struct fmt *out);

/* For status NAME: what it depends on, if that can be read. */
void defs_show_depends(struct svctl *s, const char *name);

#endif
