/*
 * The text of all definitions in force with some of its sections replaced.
 */
#ifndef SUPERVISOR_SPLICE_H
#define SUPERVISOR_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

struct load_text;

/*
 * sections begins with that of the service that was read again, which replaces
 * the one in old; the others are what it needs, and stay as they are in force
 * if they are. out is empty before, malloc'd afterwards. False: out of memory,
 * or old is broken.
 */
bool splice(const char *old, size_t old_len, const struct load_text *sections,
	struct load_text *out);

#endif
