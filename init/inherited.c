#include "init/inherited.h"

#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST 3
/* Where the call is not to be had; who opened more than that wants it so. */
#define MANY 1024

static bool
close_range_call(int first, unsigned last)
{
#ifdef SYS_close_range
	return syscall(SYS_close_range, (unsigned)first, last, 0u) == 0;
#else
	(void)first;
	(void)last;
	return false;
#endif
}

void
inherited_close(int keep)
{
	bool is_done;

	if (keep < FIRST)
		is_done = close_range_call(FIRST, ~0u);
	else
		is_done = (keep == FIRST || close_range_call(FIRST,
						    (unsigned)keep - 1)) &&
			  close_range_call(keep + 1, ~0u);
	if (is_done)
		return;
	for (int fd = FIRST; fd < MANY; fd++)
		if (fd != keep)
			close(fd);
}
