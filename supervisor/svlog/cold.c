#include "supervisor/svlog/cold.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* By the linker: all that is not hot. */
extern char __executable_start[];
extern char cold_end[];

static atomic_bool has_used;

void
cold_used(void)
{
	atomic_store_explicit(&has_used, true, memory_order_relaxed);
}

void
cold_give_back(void)
{
	uintptr_t from = (uintptr_t)__executable_start;

	if (!atomic_load_explicit(&has_used, memory_order_relaxed))
		return;
	atomic_store_explicit(&has_used, false, memory_order_relaxed);
	/* To the end of its last page, which is nobody else's. */
	madvise((void *)from, (uintptr_t)cold_end - from, MADV_DONTNEED);
}
