#include "supervisor/svlog/cold.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* By the linker: all that is not hot, and buffers of the
 * worker that hold nothing from one job to the next.
 */
extern char __executable_start[];
extern char cold_end[];
extern char scratch_begin[];
extern char scratch_end[];

/* No kernel of ours has smaller pages; larger ones are a failed madvise. */
#define PAGE_BYTES 4096u
/* What may have been used below the loop of a thread; its stack has more. */
#define STACK_BYTES (48u << 10)

/* More than the frames of this and of what it calls. */
#define FRAMES_BYTES 512u

static atomic_bool has_used;

/* To the end of its last page, which is nobody else's. */
static void
give_back(char *from, char *to)
{
	madvise(from, (size_t)(to - from), MADV_DONTNEED);
}

/* What lies below the frames of this and of madvise is dead. */
static void
give_back_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t to = (here - FRAMES_BYTES) & ~(uintptr_t)(PAGE_BYTES - 1);

	madvise((void *)(to - STACK_BYTES), STACK_BYTES, MADV_DONTNEED);
}

void
cold_used(void)
{
	atomic_store_explicit(&has_used, true, memory_order_relaxed);
}

void
cold_give_back(void)
{
	if (!atomic_load_explicit(&has_used, memory_order_relaxed))
		return;
	atomic_store_explicit(&has_used, false, memory_order_relaxed);
	give_back(__executable_start, cold_end);
	give_back_stack();
}

void
cold_worker_give_back(void)
{
	give_back(__executable_start, cold_end);
	give_back(scratch_begin, scratch_end);
	give_back_stack();
}
