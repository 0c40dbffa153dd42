/*
 * Waiting for an item of wait-for: inotify on the nearest directory that is
 * there, the mount table, the links and routes of the network.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "lib/condition.h"
#include "supervisor/condition.h"

/* Between two looks where nobody tells, or may not tell of everything. */
#define LOOK_MS	 1000
#define PATH_CAP 4096

/* linux/netlink.h and linux/rtnetlink.h, which musl does not bring. */
struct netlink_address {
	unsigned short family;
	unsigned short pad;
	unsigned pid;
	unsigned groups;
};
#define NETLINK_ROUTE_FAMILY 0
#define GROUP_LINK	     0x1u
#define GROUP_IPV4_ROUTE     0x40u
#define GROUP_IPV6_ROUTE     0x400u

static int
open_net(void)
{
	struct netlink_address address = {.family = AF_NETLINK,
		.groups = GROUP_LINK | GROUP_IPV4_ROUTE | GROUP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE_FAMILY);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)(void *)&address,
			       sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Others, such as sysfs or a network's, say nothing of what others do. */
static bool
is_told_of(const char *directory)
{
	static const unsigned long kinds[] = {0x01021994, 0x858458f6, 0xef53,
		0x58465342, 0x9123683e, 0x794c7630, 0xf2f52010};
	struct statfs fs;

	if (statfs(directory, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((unsigned long)fs.f_type == kinds[i])
			return true;
	return false;
}

/*
 * Watches the deepest directory of the path, before any pattern, that is
 * there: what has to come next is made in it, or moved there. False: that is
 * not all that can happen, or nobody tells of it.
 */
static bool
watch_path(int fd, const char *pattern, int *watch)
{
	char path[PATH_CAP];
	size_t len = strcspn(pattern, "*?[");
	int next = -1;
	struct stat st;
	bool is_told = true;

	if (fd < 0 || len >= sizeof(path))
		return false;
	memcpy(path, pattern, len);
	path[len] = '\0';
	while (next < 0 && len > 0) {
		while (len > 1 && path[len - 1] != '/')
			len--;
		path[len > 1 ? len - 1 : 1] = '\0';
		next = inotify_add_watch(fd, path,
			IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
				IN_MOVE_SELF | IN_ONLYDIR);
		if (next < 0 && len <= 1)
			break;
		/* A link that leads nowhere: its end may come elsewhere. */
		if (next < 0 && lstat(path, &st) == 0)
			is_told = false;
		len = strlen(path);
	}
	if (*watch >= 0 && *watch != next)
		inotify_rm_watch(fd, *watch);
	*watch = next;
	return next >= 0 && is_told && is_told_of(path);
}

static int
open_source(const struct condition *c, short *events)
{
	*events = POLLIN;
	if (c->kind == CONDITION_PATH)
		return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->kind == CONDITION_NET)
		return open_net();
	*events = POLLPRI;
	return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
}

static void
drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

void
condition_wait(const struct condition *c)
{
	struct pollfd source = {.fd = open_source(c, &source.events)};
	int watch = -1;
	/* A pattern may have changing directories in its middle. */
	bool is_told = source.fd >= 0 &&
		       (c->kind != CONDITION_PATH ||
			       c->arg[strcspn(c->arg, "*?[")] == '\0');

	for (;;) {
		/* Armed before it is looked at: nothing is missed between. */
		bool is_all = c->kind != CONDITION_PATH ||
			      watch_path(source.fd, c->arg, &watch);

		if (condition_holds(c, false))
			break;
		poll(&source, source.fd >= 0, is_told && is_all ? -1 : LOOK_MS);
		if (source.fd >= 0 && (source.revents & POLLIN) != 0)
			drain(source.fd);
	}
	if (source.fd >= 0)
		close(source.fd);
}
