#include "tests/fuzz/failing.h"

#include <stdbool.h>
#include <stdlib.h>

#define LARGE  (1u << 20)
#define BLOCKS 4

static uint32_t allocations;
static uint32_t failing = FAILING_NONE;

/* Large blocks, which would cost more than all else, are kept. */
static struct {
	void *memory;
	size_t size;
	bool is_used;
} blocks[BLOCKS];

/* The linker puts these before the ones of the C library. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);

void
failing_begin(uint32_t number)
{
	allocations = 0;
	failing = number;
}

uint32_t
failing_end(void)
{
	failing = FAILING_NONE;
	return allocations;
}

void *
__wrap_malloc(size_t size)
{
	if (allocations++ == failing)
		return NULL;
	for (unsigned i = 0; size >= LARGE && i < BLOCKS; i++) {
		if (blocks[i].is_used ||
			(blocks[i].memory && blocks[i].size != size))
			continue;
		if (!blocks[i].memory)
			blocks[i].memory = __real_malloc(size);
		blocks[i].size = size;
		blocks[i].is_used = true;
		return blocks[i].memory;
	}
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return allocations++ == failing ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return allocations++ == failing ? NULL : __real_realloc(old, size);
}

void
__wrap_free(void *old)
{
	for (unsigned i = 0; i < BLOCKS; i++)
		if (old && blocks[i].memory == old) {
			blocks[i].is_used = false;
			return;
		}
	__real_free(old);
}
