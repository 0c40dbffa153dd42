/*
 * The FIFO protocol of tend-control(7), both directions. Pure.
 *
 *     [@TOKEN] VERB [ARG...]\n        TOKEN is 16 hex digits
 *
 * A line, its newline included, has at most CONTROL_LINE_MAX bytes (PIPE_BUF),
 * so that one write is atomic. Blanks and tabs separate words, a CR before the
 * newline is dropped, empty lines mean nothing. What is too long, or holds NUL
 * or another control byte, is dropped up to the next newline and counted.
 */
#ifndef LIB_CONTROL_H
#define LIB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_LINE_MAX 4096
#define CONTROL_ARGS_MAX 256

enum control_verb {
	CONTROL_NONE = 0, /* no verb */
#define VERB(symbol, word, names, meaning) CONTROL_##symbol,
#include "lib/control.def"
#undef VERB
	CONTROL_VERBS
};

/* Cuts a byte stream into lines. Zero it before its first use. */
struct control_reader {
	char line[CONTROL_LINE_MAX]; /* NUL-terminated when whole */
	size_t len;
	bool is_skipping;
	uint32_t dropped; /* lines that were thrown away so far */
};

/*
 * Takes bytes until a line is whole or all are taken; returns how many were
 * taken. *has_line tells that r->line holds a whole line, without its newline;
 * it is valid until the next call.
 */
size_t control_read(struct control_reader *r, const char *bytes, size_t len,
	bool *has_line);

enum control_error {
	CONTROL_OK = 0,
	CONTROL_BAD_TOKEN,  /* '@' without 16 hex digits */
	CONTROL_BAD_VERB,   /* no such verb */
	CONTROL_BAD_ARGS,   /* too few, too many, or some where none may be */
	CONTROL_BAD_SIGNAL, /* no such signal */
	CONTROL_BAD_NAME    /* not a service name: bad_arg says which */
};

struct control_request {
	uint64_t token; /* 0: nobody waits for an answer */
	enum control_verb verb;
	int signal;			    /* for CONTROL_SIGNAL */
	unsigned argc;			    /* service names */
	const char *argv[CONTROL_ARGS_MAX]; /* point into the line */
	const char *bad_arg; /* what an error is about, or NULL */
};

/* Splits line in place. token is set, when it can be, also for errors. */
enum control_error control_parse(char *line, struct control_request *out);

/* The sentence for an error: "unknown verb". */
const char *control_error_text(enum control_error error);

const char *control_verb_name(enum control_verb verb);
enum control_verb control_verb_find(const char *word);

/*
 * Writes "\n@TOKEN VERB [SIGNAL] NAME\n" (the first newline cuts off what a
 * broken writer left). Returns the length, 0 if it does not fit. signal 0 and
 * name NULL are left out.
 */
size_t control_format(char *out, size_t cap, uint64_t token,
	enum control_verb verb, int signal, const char *name);

#endif
