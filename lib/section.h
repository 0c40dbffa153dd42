/*
 * Sections of `loaded` from what lib/scan.h finds: fragments in their order,
 * parsed once to see whether they are good. Only load.c uses this.
 */
#ifndef LIB_SECTION_H
#define LIB_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/load.h"
#include "lib/source.h"

struct given;
struct scan;
struct scan_found;

/* What putting sections together needs; one for any number of them. */
struct section_builder {
	struct scan *scan;
	struct load_text fragments; /* of the section at hand */
	/* Names of other services that it cannot do without: instances of
	 * templates, and loggers. To be emptied by the caller. */
	struct listing needed;
	char *buffer; /* LOAD_FILE_MAX + 2 bytes for a file */
	void *memory; /* LOADED_ARENA_BYTES for its parsing */
	bool is_out_of_memory;
	bool is_off; /* the section at hand is bad, and not to start */
	char path[SOURCE_PATH_CAP];
	char problem[SOURCE_PROBLEM_CAP];
};

/* False with errno. */
bool section_open(struct section_builder *b, const struct load *load,
	void (*warn)(const char *message));
void section_close(struct section_builder *b);

/* Appends the section of a service that is there. False: out of memory. */
bool section_add(struct section_builder *b, const char *name,
	const struct scan_found *found, struct load_text *out);

/*
 * What load->given says of it, as further fragments. False: that is a problem,
 * which the section has become.
 */
bool section_add_given(struct section_builder *b, const char *name);
/* A fragment of that name is such a one; it has no lines. */
bool section_is_given(const char *file);
/* The section becomes the one message. False, always. */
bool section_problem(
	struct section_builder *b, const char *file, const char *message);
/* What it says in vain, the names of all services being known. */
void section_check_given(const struct given *given,
	const struct load_text *text, void (*warn)(const char *message));

#endif
