#include "supervisor/session.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervisor/procfs.h"

struct search {
	pid_t leader;
	int signal;
	unsigned found;
};

static bool
is_member(pid_t pid, pid_t leader)
{
	struct procfs_stat stat;

	return procfs_stat(pid, &stat) && stat.session == leader &&
	       stat.group == leader && stat.state != 'Z' && stat.state != 'X';
}

static void
signal_member(pid_t pid, pid_t leader, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0) {
		/* An old kernel or a filter: the look just taken must do. */
		if (errno == ENOSYS || errno == EPERM)
			kill(pid, signal);
		return;
	}
	if (is_member(pid, leader) &&
		syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0 &&
		(errno == ENOSYS || errno == EPERM))
		kill(pid, signal);
	close(fd);
}

static bool
look(pid_t pid, void *context)
{
	struct search *search = context;

	if (is_member(pid, search->leader)) {
		search->found++;
		if (search->signal != 0)
			signal_member(pid, search->leader, search->signal);
	}
	return true;
}

unsigned
session_signal(pid_t leader, int signal)
{
	struct search search = {.leader = leader, .signal = signal};

	/* Without a process group of that number there is no session of it.
	 * And if its leader lives it is another one. */
	if ((kill(-leader, 0) < 0 && errno == ESRCH) || !procfs_is_dead(leader))
		return 0;
	procfs_each(look, &search);
	return search.found;
}
