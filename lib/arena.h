/*
 * A bump allocator over memory of the caller's: nothing is freed singly.
 * Returns NULL when full; the caller says what was too large. Pure.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stddef.h>

struct arena {
	char *base; /* borrowed */
	size_t used;
	size_t cap;
};

void arena_init(struct arena *a, void *base, size_t cap);
/* Zeroed, aligned to 8 bytes. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy of len bytes with a NUL behind them. */
char *arena_copy(struct arena *a, const char *bytes, size_t len);

#endif
