#include "supervisor/cold.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervisor/supervisor.h"

/* By the linker; variables may begin in the page that holds the end. */
extern char cold_begin[];
extern char cold_end[];

void
cold_used(struct supervisor *sv)
{
	sv->has_used_cold = true;
}

void
cold_give_back(struct supervisor *sv)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)cold_begin & ~(page - 1);
	uintptr_t to = (uintptr_t)cold_end & ~(page - 1);

	if (!sv->has_used_cold)
		return;
	sv->has_used_cold = false;
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
