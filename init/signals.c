#include "init/signals.h"

#include <string.h>

#include "lib/dispositions.h"

void
signals_set(sigset_t *set)
{
	static const unsigned char faults[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

	/* sigfillset leaves out the C library's own signals, of which 34 is
	 * an ordinary one for programs of another library. */
	memset(set, 0xff, sizeof *set);
	for (size_t i = 0; i < sizeof faults; i++)
		sigdelset(set, faults[i]);
}

void
signals_block(struct signals *start)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t set;

	signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, &start->mask);
	/* With SIGCHLD ignored the kernel reaps, and statuses are gone. */
	sigaction(SIGCHLD, &by_default, &start->child);
}

void
signals_restore(const struct signals *start)
{
	sigaction(SIGCHLD, &start->child, NULL);
	sigprocmask(SIG_SETMASK, &start->mask, NULL);
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
