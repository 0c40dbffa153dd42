#include "lib/dispositions.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS	     64
#define SIGSET_BYTES 8

void
dispositions_reset(void)
{
	/* The kernel's struct, whatever its fields: zeros are SIG_DFL, no
	 * flags and an empty mask on every machine. */
	static const unsigned long by_default[8];

	for (int signal = 1; signal <= SIGNALS; signal++)
		syscall(SYS_rt_sigaction, signal, by_default, NULL,
			SIGSET_BYTES);
}
