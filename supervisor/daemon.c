#include "supervisor/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_MOST 65536

static void
wait_for_child(pid_t pid, int fd)
{
	char byte;
	int status;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0
			? WEXITSTATUS(status)
			: 1);
}

int
daemon_start(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		close(ends[1]);
		wait_for_child(pid, ends[0]);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

void
daemon_ready(int ready_fd, int null_fd, int log_fd)
{
	int out = log_fd >= 0 ? log_fd : null_fd;

	if (null_fd >= 0)
		dup2(null_fd, 0);
	if (out >= 0) {
		dup2(out, 1);
		dup2(out, 2);
	}
	if (ready_fd < 0)
		return;
	while (write(ready_fd, "", 1) < 0 && errno == EINTR)
		;
	close(ready_fd);
}

static int
close_range_call(int first, int last)
{
	return (int)syscall(SYS_close_range, first, last, 0);
}

void
daemon_clean_fds(int keep_fd)
{
	int fd;

	/* Without it "/" has to do: a file of ours that came to be descriptor
	 * 2 would get our messages. */
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			fd = open("/", O_PATH);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	if (keep_fd < 3 ? close_range_call(3, -1) == 0
			: (keep_fd == 3 ||
				  close_range_call(3, keep_fd - 1) == 0) &&
				  close_range_call(keep_fd + 1, -1) == 0)
		return;
	/* Old kernels and filters: what a process may have, one by one. */
	for (fd = 3; fd < FD_MOST; fd++)
		if (fd != keep_fd)
			close(fd);
}
