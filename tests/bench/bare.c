/*
 * bare starts N CMD ARGS...: N processes by vfork and exec, nothing else.
 * bare restart CMD ARGS...: one, started again whenever it ends.
 * What a supervisor would cost if it did only that.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
start(char **command)
{
	/* The child does nothing but exec: that is the point. */
	pid_t pid = vfork();

	if (pid == 0) {
		execv(command[0], command);
		_exit(127);
	}
	if (pid < 0)
		_exit(1);
}

int
main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "starts") == 0) {
		for (long n = strtol(argv[2], NULL, 10); n > 0; n--)
			start(argv + 3);
		for (;;)
			pause();
	}
	if (argc >= 3 && strcmp(argv[1], "restart") == 0) {
		do
			start(argv + 2);
		while (wait(NULL) > 0);
	}
	return 2;
}
