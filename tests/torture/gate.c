/*
 * Stands in for the supervisor (TEND_SUPERVISOR) and executes it, whose path
 * is in TORTURE_SUPERVISOR. While there is a file TORTURE_HOLD it stops itself
 * before, so that somebody can trace the supervisor from its first system call,
 * or let a time pass in which there is none.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const char *path = getenv("TORTURE_SUPERVISOR");
	const char *hold = getenv("TORTURE_HOLD");

	(void)argc;
	if (!path || !hold)
		return 2;
	if (access(hold, F_OK) == 0)
		raise(SIGSTOP);
	execv(path, argv);
	return 127;
}
