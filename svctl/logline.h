/*
 * A line of a log file: `STAMP S text`, with S one of o (standard output), e
 * (standard error) and - (unknown), and + in place of the blank behind it where
 * the next line goes on with the same text. What does not look so is text
 * without a stamp. The bytes of a text are any. Pure.
 */
#ifndef SVCTL_LOGLINE_H
#define SVCTL_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt;

struct logline {
	const char *bytes; /* the line without its newline; borrowed */
	size_t len;
	const char *text; /* leads into bytes */
	size_t text_len;
	int64_t us;  /* the stamp; WHEN_NONE: has none */
	char stream; /* 'o', 'e' or '-' */
	bool is_continued;
};

/* bytes holds no newline. */
void logline_parse(struct logline *line, const char *bytes, size_t len);

/*
 * How a terminal may see them: control bytes as ^X, C1 controls, what is no
 * UTF-8 and marks that turn the direction of writing as \xNN for each byte.
 * Tabs stay. Needs at most LOGLINE_SAFE bytes of room for each byte.
 */
#define LOGLINE_SAFE 4
void logline_put_safe(struct fmt *f, const char *bytes, size_t len);

/*
 * As a JSON string; each byte that is part of no UTF-8 becomes U+FFFD. Needs at
 * most LOGLINE_JSON bytes of room for each byte, and two.
 */
#define LOGLINE_JSON 6
void logline_put_json(struct fmt *f, const char *bytes, size_t len);

/* The first bytes of a file are those of gzip, zstd, xz, bzip2 or lz4. */
bool logline_is_packed(const char *bytes, size_t len);

#endif
