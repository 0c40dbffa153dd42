/*
 * The lines of definitions and of tend.conf: `key = value`, comments,
 * continuation. A `#` at the start of a line or after a blank begins a comment
 * that ends with its line; within quotes, or after \, it does not (a quote
 * that nothing closes is an ordinary character). \ before the end of a line
 * joins the next one to it, as in sh. Pure.
 */
#ifndef LIB_LINES_H
#define LIB_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX (64u * 1024u) /* bytes of a line with its continuations */

struct def_error;

struct lines {
	const char *text; /* borrowed */
	size_t len;
	size_t at;
	unsigned number; /* of the line at `at`, from 1 */
};

/* All pointers lead into the text. */
struct lines_pair {
	const char *key;
	size_t key_len;
	unsigned line;	   /* of the key */
	unsigned column;   /* of the key, in bytes from 1 */
	const char *value; /* without blanks around; may hold \-newline */
	size_t value_len;  /* 0: `key =` */
	unsigned value_line;
	unsigned value_column;
};

enum lines_result {
	LINES_END,
	LINES_PAIR,
	LINES_ERROR
};

void lines_init(struct lines *lines, const char *text, size_t len);
/* On LINES_ERROR error has line, column and text. */
enum lines_result lines_next(
	struct lines *lines, struct lines_pair *pair, struct def_error *error);

/* The value as one line into out (value_len + 1 bytes). Returns its length. */
size_t lines_join(const struct lines_pair *pair, char *out);
/* Line and column in the file of a byte of the joined value. */
void lines_locate(
	const struct lines_pair *pair, size_t offset, struct def_error *error);

/*
 * Cuts comments out of text in place, so that each line keeps its number.
 * Lines with bytes that lines_next refuses stay. Returns the new length.
 */
size_t lines_strip(char *text, size_t len);

/*
 * Where the line at `at` ends with all that continues it: the offset of its
 * newline, or len. *physical is how many lines that are.
 */
size_t
lines_extent(const char *text, size_t len, size_t at, unsigned *physical);

/* The length of a \-newline or \-CR-newline at text, else 0. */
size_t lines_joint(const char *text, size_t len);

#endif
