#include "init/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

static const struct {
	const char *path;
	const char *type;
	const char *options;
	unsigned long flags;
} mounts[] = {
	{"/proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/sys", "sysfs", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/dev", "devtmpfs", "mode=0755", MS_NOSUID},
	{"/run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
};

bool
machine_detect(void)
{
	return reboot(RB_DISABLE_CAD) == 0;
}

static bool
is_mounted(const char *path)
{
	struct stat st, root;

	return stat(path, &st) == 0 && stat("/", &root) == 0 &&
	       st.st_dev != root.st_dev;
}

void
machine_mount(void)
{
	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
		const char *path = mounts[i].path;

		if (is_mounted(path))
			continue;
		/* Fails on a read-only root, where it is there or the mount
		 * says that it is not. */
		mkdir(path, 0755);
		if (mount(mounts[i].type, path, mounts[i].type, mounts[i].flags,
			    mounts[i].options) != 0)
			log_warn("%s: cannot mount it: %m", path);
	}
}

void
machine_open_fds(bool on_machine)
{
	for (int fd = 0; fd <= 2; fd++) {
		int got = -1;

		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* Each open gives the lowest free number, which is fd. */
		if (on_machine)
			got = open("/dev/console", O_RDWR | O_NOCTTY);
		if (got < 0)
			got = open("/dev/null", O_RDWR);
		/* Without any device: a number taken is better than one that
		 * the next open makes the standard error. */
		if (got < 0)
			open("/", O_RDONLY | O_DIRECTORY);
	}
}
