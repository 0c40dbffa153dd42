/*
 * bare starts N CMD ARGS...: N processes by vfork and exec, nothing else.
 * bare restart CMD ARGS...: one, started again whenever it ends.
 * bare graph LAYERS N CMD ARGS...: LAYERS times N processes; those of a layer
 * once all of the layer before have ended: perfect scheduling of that graph.
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

static void
run_layers(long layers, long each, char **command)
{
	while (layers-- > 0) {
		for (long n = each; n > 0; n--)
			start(command);
		while (wait(NULL) > 0)
			;
	}
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
	if (argc >= 5 && strcmp(argv[1], "graph") == 0) {
		run_layers(strtol(argv[2], NULL, 10), strtol(argv[3], NULL, 10),
			argv + 4);
		return 0;
	}
	return 2;
}
