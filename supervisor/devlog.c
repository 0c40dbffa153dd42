#include "supervisor/devlog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/logger_start.h"
#include "supervisor/supervisor.h"

#define DEVLOG "/dev/log"
/* Old C libraries have no name for it. */
#define SYS_PIDFD_GETFD 438

enum found {
	FOUND_NONE,
	FOUND_STALE, /* a socket that nobody reads */
	FOUND_ALIVE,
	FOUND_OTHER /* no socket */
};

static void
set_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path) + 1);
}

/* What is there; a link is not followed. */
static enum found
find(const char *path)
{
	struct sockaddr_un address;
	struct stat st;
	int fd, error = 0;

	if (lstat(path, &st) < 0)
		return FOUND_NONE;
	if (!S_ISSOCK(st.st_mode))
		return FOUND_OTHER;
	set_address(&address, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FOUND_ALIVE;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = errno;
	close(fd);
	/* Anything else, such as a socket for streams, is somebody's. */
	return error == ECONNREFUSED ? FOUND_STALE : FOUND_ALIVE;
}

static int
bind_there(int fd, const char *path)
{
	struct sockaddr_un address;
	int yes = 1;
	mode_t mask;
	int result;

	set_address(&address, path);
	/* What is bound has the mode of the socket, less the mask: so nobody
	 * finds it with another one, and no path is followed to change it. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0 ||
		fchmod(fd, 0666) < 0)
		return -1;
	mask = umask(0);
	result = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	return result;
}

static void
make(struct devlog *d)
{
	enum found found = find(d->path);

	if (found == FOUND_ALIVE || found == FOUND_OTHER) {
		log_error("%s: %s; syslog is not served", d->path,
			found == FOUND_ALIVE ? "another daemon serves it"
					     : "there, and no socket");
		return;
	}
	if (found == FOUND_STALE)
		unlink(d->path);
	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd >= 0 && bind_there(d->fd, d->path) == 0)
		return;
	log_error("%s: %m; syslog is not served", d->path);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

/* Whether that is a socket bound to the path. */
static bool
is_bound(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNSPEC};
	socklen_t len = sizeof(address) - 1;

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address.sun_family == AF_UNIX &&
	       strcmp(address.sun_path, path) == 0;
}

/* The one of the supervisor before us: svlog has it, too. */
static void
take_over(struct supervisor *sv)
{
	struct devlog *d = &sv->devlog;
	pid_t pid = logger_lock_holder(sv);
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	int fd = -1;

	if (pidfd < 0)
		return;
	fd = (int)syscall(SYS_PIDFD_GETFD, pidfd, DEVLOG_FD, 0);
	close(pidfd);
	if (fd >= 0 && is_bound(fd, d->path))
		d->fd = fd;
	else if (fd >= 0)
		close(fd);
}

static void
let_go(struct devlog *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->path[0] = '\0';
}

bool
devlog_configure(struct supervisor *sv)
{
	const struct load_settings *s = &sv->load.settings;
	const char *path =
		s->log_syslog_socket[0] != '\0' ? s->log_syslog_socket : DEVLOG;
	struct devlog *d = &sv->devlog;
	int had = d->fd;

	if ((s->log_sources & LOAD_SYSLOG) == 0)
		path = "";
	if (strcmp(path, d->path) != 0) {
		/* svlog reads what is in it; nobody else comes. */
		if (d->fd >= 0)
			unlink(d->path);
		let_go(d);
		memcpy(d->path, path, strlen(path) + 1);
	}
	if (path[0] == '\0')
		return had >= 0;
	if (d->fd < 0 && had < 0)
		take_over(sv);
	if (d->fd >= 0 && find(path) == FOUND_ALIVE)
		return false;
	/* Somebody has removed it. */
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	/* A svlog that we have not met may read it, out of our reach: it is
	 * made when that has ended. */
	if (sv->logger.pid > 0 || logger_lock_holder(sv) == 0)
		make(d);
	return d->fd >= 0 || had >= 0;
}

bool
devlog_is_missing(const struct supervisor *sv)
{
	return sv->devlog.path[0] != '\0' && sv->devlog.fd < 0;
}

void
devlog_look(struct supervisor *sv)
{
	if (devlog_is_missing(sv))
		make(&sv->devlog);
}

bool
devlog_give(const struct supervisor *sv)
{
	int fd = sv->devlog.fd;

	if (fd == DEVLOG_FD)
		return fcntl(fd, F_SETFD, 0) == 0;
	return fd >= 0 && dup2(fd, DEVLOG_FD) >= 0;
}

void
devlog_remove(struct supervisor *sv)
{
	struct devlog *d = &sv->devlog;
	char path[LOAD_SOCKET_CAP];

	if (d->fd < 0)
		return;
	memcpy(path, d->path, sizeof(path));
	let_go(d);
	/* Nobody reads it now, unless it is another daemon's. */
	if (find(path) == FOUND_STALE)
		unlink(path);
}
