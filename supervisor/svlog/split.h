/*
 * Bytes of a stream into stamped lines. What a stream has sent of a line that
 * has not ended yet is its carry, at most line_max bytes, kept by the caller.
 * A longer line is made into pieces. Pure.
 *
 * The shapes of a piece:
 *   STAMP o text     in files; `+` in place of the last blank: no newline
 *                    followed, the stream's next line goes on with this one
 *   NAME | text      on a terminal or in a container's log
 *   {"time":...}     JSON, a line an object
 *   text             for another service
 *   and a frame of rfc.h for a syslog daemon
 */
#ifndef SUPERVISOR_SVLOG_SPLIT_H
#define SUPERVISOR_SVLOG_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#define SPLIT_HEAD 30 /* of a line in a file: a stamp and 3 bytes */

enum split_shape {
	SPLIT_FILE,
	SPLIT_PREFIX,
	SPLIT_JSON,
	SPLIT_RAW,
	SPLIT_SYSLOG
};

struct rfc;

struct split {
	enum split_shape shape;
	const char *stamp; /* STAMP_LEN bytes, for all lines */
	const char *name;  /* of the service; of SPLIT_FILE unused */
	size_t name_len;
	char stream;	 /* o, e or - */
	size_t line_max; /* at least 1 */
	/* The last piece, too, although no newline has come: `+`. */
	bool is_flushed;
	const struct rfc *rfc; /* of SPLIT_SYSLOG */
};

/* Bytes that are yet to be made lines: the carry and then these. */
struct split_text {
	const char *carry;
	size_t carry_len;
	const char *in;
	size_t in_len;
};

struct split_result {
	size_t taken; /* of in; with anything made, all of the carry, too */
	size_t made;  /* bytes of out */
	size_t lines; /* in out */
	bool is_full; /* the next piece did not fit */
};

/*
 * Makes as many pieces as out has room for. What it leaves of in, if it is not
 * full, is the new carry, or its continuation if nothing was made.
 */
struct split_result split_lines(const struct split *split,
	const struct split_text *text, char *out, size_t cap);

/* The most that a piece of len bytes becomes. */
size_t split_most(const struct split *split, size_t len);

#endif
