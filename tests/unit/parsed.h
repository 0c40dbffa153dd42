/*
 * One definition, parsed, for tests of lib/def.
 */
#ifndef TESTS_UNIT_PARSED_H
#define TESTS_UNIT_PARSED_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/def.h"

#define ARENA_BYTES (8u << 20)

/* A text and what comes of it. */
struct row {
	const char *text, *error;
};

extern char *parsed_memory;
extern struct arena parsed_arena;
extern struct def parsed_def;
extern char parsed_message[2048];

/* Parses one fragment and finishes; "" or the error in parsed_message. */
const char *parsed_bytes(const char *text, size_t len);
const char *parsed_text(const char *text);
/* Each text gives exactly its error. */
void parsed_check(const struct row *rows, size_t count);
#define CHECK(rows) parsed_check(rows, sizeof(rows) / sizeof(rows[0]))
int parsed_setup(void **state);
int parsed_teardown(void **state);

#endif
