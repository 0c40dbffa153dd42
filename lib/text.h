/*
 * Growing a struct load_text, and fragments of lib/loaded.h in it. Only load.c
 * and settings.c use this.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct load_text;

/* False: out of memory, with nothing added. */
bool text_add(struct load_text *text, const char *bytes, size_t len);
bool text_add_str(struct load_text *text, const char *s);

/* "KIND LENGTH FILE\n" and the bytes, with a newline at their end. */
bool text_add_fragment(struct load_text *text, char kind, const char *file,
	const char *bytes, size_t len);

void text_free(struct load_text *text);

/* The string as one word of lib/words.h that means just itself. */
bool text_add_quoted(struct load_text *text, const char *s);

#endif
