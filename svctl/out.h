/*
 * What svctl prints: collected in memory, written once at the end, so that a
 * status of 1,000 services is one system call. Errors go to stderr at once.
 */
#ifndef SVCTL_OUT_H
#define SVCTL_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/fmt.h"

#define OUT_PIECE 512 /* room for what is not a string of unknown length */

struct out {
	struct fmt f; /* owned, malloc'd */
	bool has_colours;
	unsigned columns; /* of a table's line; 80 unless a terminal has more */
	bool is_terminal;
};

void out_init(struct out *out);
/* The text, with room for at least need more bytes. Ends svctl if there is
 * no memory left. */
struct fmt *out_room(struct out *out, size_t need);
/* Writes all; false with errno when that failed. */
bool out_flush(struct out *out);

/* Appends s with control bytes made harmless, cut to width with "..." . */
void out_text(struct out *out, const char *s, size_t width);
/* Appends s as a JSON string. */
void out_json(struct out *out, const char *s);

enum colour {
	COLOUR_NONE,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW
};
/* Begins a colour, or ends it with COLOUR_NONE; nothing without colours. */
void out_colour(struct out *out, enum colour colour);

/* Who complains: "svctl" unless told. Kept, not copied. */
void out_program(const char *name);
/* "svctl: OBJECT: text\n" to stderr; object may be NULL. */
void out_error(const char *object, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A line to stderr without a prefix. */
void out_note(const char *text);

#endif
