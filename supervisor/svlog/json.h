/*
 * A line of a log as a JSON object:
 * {"time":"...","service":"...","stream":"stdout","text":"..."}, and
 * "partial":true if no newline followed. What is no UTF-8 becomes U+FFFD, a
 * byte each. Each function returns where it has stopped writing. Pure.
 */
#ifndef SUPERVISOR_SVLOG_JSON_H
#define SUPERVISOR_SVLOG_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* The most that a line of len bytes of a service becomes. */
size_t json_most(size_t name_len, size_t len);

/* stamp: STAMP_LEN bytes; stream: o, e or -. */
char *json_begin(char *at, const char *stamp, const char *name, size_t name_len,
	char stream);
/* Both one after the other, as if they were one. */
char *json_text(char *at, const char *first, size_t first_len,
	const char *second, size_t second_len);
char *json_end(char *at, bool is_whole);

#endif
