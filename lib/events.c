#include "lib/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's signal set: 64 signals, whatever the C library's is. */
#define SIGSET_BYTES 8

/* The architecture may have no older call. */
__attribute__((unused)) static bool
is_refused(int fd)
{
	return fd < 0 && (errno == EPERM || errno == ENOSYS);
}

int
events_signals(const sigset_t *set)
{
	int fd = (int)syscall(SYS_signalfd4, -1, set, SIGSET_BYTES,
		SFD_CLOEXEC | SFD_NONBLOCK);

#ifdef SYS_signalfd
	if (is_refused(fd)) {
		fd = (int)syscall(SYS_signalfd, -1, set, SIGSET_BYTES);
		if (fd >= 0) {
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			fcntl(fd, F_SETFL, O_NONBLOCK);
		}
	}
#endif
	return fd;
}

int
events_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

#ifdef SYS_epoll_create
	if (is_refused(fd)) {
		fd = (int)syscall(SYS_epoll_create, 1);
		if (fd >= 0)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
#endif
	return fd;
}
