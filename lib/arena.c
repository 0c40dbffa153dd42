#include "lib/arena.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT 8u

void
arena_init(struct arena *a, void *base, size_t cap)
{
	a->base = base;
	a->used = 0;
	a->cap = cap;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	/* base itself may be a plain char buffer: align the address. */
	uintptr_t end = (uintptr_t)a->base + a->used;
	size_t pad = (size_t)(-end & (ALIGNMENT - 1));
	char *p;

	if (pad > a->cap - a->used || size > a->cap - a->used - pad)
		return NULL;
	p = a->base + a->used + pad;
	a->used += pad + size;
	memset(p, 0, size);
	return p;
}

char *
arena_copy(struct arena *a, const char *bytes, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = arena_alloc(a, len + 1);
	if (p != NULL && len > 0)
		memcpy(p, bytes, len);
	return p;
}
