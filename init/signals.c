#include "init/signals.h"

#include <string.h>

#include "lib/dispositions.h"

const unsigned char signals_faults[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, 0};

void
signals_set(sigset_t *set)
{
	/* sigfillset leaves out the C library's own signals, of which 34 is
	 * an ordinary one for programs of another library. */
	memset(set, 0xff, sizeof *set);
	for (const unsigned char *at = signals_faults; *at; at++)
		sigdelset(set, *at);
	sigdelset(set, SIGSYS);
}

void
signals_replaced(struct signals *start, int signal, const struct sigaction *old)
{
	if (old->sa_handler == SIG_IGN)
		start->ignored |= UINT64_C(1) << (signal - 1);
}

void
signals_block(struct signals *start)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction child;
	sigset_t set, old;

	signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	memcpy(&start->mask, &old, sizeof start->mask);
	start->ignored = 0;
	/* With SIGCHLD ignored the kernel reaps, and statuses are gone. */
	if (sigaction(SIGCHLD, &by_default, &child) == 0)
		signals_replaced(start, SIGCHLD, &child);
}

void
signals_restore(const struct signals *start)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t mask;

	for (int signal = 1; signal <= 64; signal++)
		if (start->ignored >> (signal - 1) & 1)
			sigaction(signal, &ignore, NULL);
	memset(&mask, 0, sizeof mask);
	memcpy(&mask, &start->mask, sizeof start->mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void
signals_reset(void)
{
	dispositions_reset();
}

void
signals_unblock(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
