#include "supervisor/cold.h"

#include <stdint.h>
#include <sys/mman.h>

#include "supervisor/supervisor.h"

/* By the linker: all that is not hot. */
extern char __executable_start[];
extern char cold_end[];

/* No kernel of ours has smaller pages; larger ones are a failed madvise. */
#define PAGE_BYTES 4096u
/* What a large request or the start may have used of the stack. */
#define STACK_BYTES (64u << 10)

/*
 * What lies below the caller's frames is dead. A page is left out for the
 * frames of this and of madvise; the stack grows again as it is needed.
 */
static void
give_back_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t to = (here & ~(uintptr_t)(PAGE_BYTES - 1)) - PAGE_BYTES;

	madvise((void *)(to - STACK_BYTES), STACK_BYTES, MADV_DONTNEED);
}

void
cold_used(struct supervisor *sv)
{
	sv->has_used_cold = true;
}

void
cold_give_back(struct supervisor *sv)
{
	uintptr_t from = (uintptr_t)__executable_start;

	if (!sv->has_used_cold)
		return;
	sv->has_used_cold = false;
	/* To the end of its last page, which is nobody else's. */
	madvise((void *)from, (uintptr_t)cold_end - from, MADV_DONTNEED);
	/* Read again, a page at a time, by who starts anew. */
	if (sv->loaded)
		madvise((void *)(uintptr_t)sv->loaded, sv->loaded_len,
			MADV_DONTNEED);
	give_back_stack();
}
