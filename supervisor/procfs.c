#include "supervisor/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "supervisor/journal_layout.h"

ssize_t
procfs_read(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, out, cap - 1);
	close(fd);
	if (n >= 0)
		out[n] = '\0';
	return n;
}

/* /proc/PID/stat from its third field on: the second may hold anything. */
static const char *
read_stat(pid_t pid, char *buf, size_t cap)
{
	char path[40];
	struct fmt f;
	char *end;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/stat", (int)pid);
	if (procfs_read(path, buf, cap) <= 0)
		return NULL;
	end = strrchr(buf, ')');
	return end && end[1] == ' ' ? end + 2 : NULL;
}

uint64_t
procfs_start_ticks(pid_t pid)
{
	char buf[512];
	const char *at = read_stat(pid, buf, sizeof(buf));
	uint64_t ticks = 0;

	if (!at)
		return 0;
	for (int field = 3; field < 22; field++) {
		at = strchr(at, ' ');
		if (!at)
			return 0;
		at++;
	}
	while (*at >= '0' && *at <= '9')
		ticks = ticks * 10 + (uint64_t)(*at++ - '0');
	return ticks;
}

bool
procfs_is_dead(pid_t pid)
{
	char buf[512];
	const char *at = read_stat(pid, buf, sizeof(buf));

	return !at || *at == 'Z' || *at == 'X';
}

bool
procfs_is_our_image(pid_t pid)
{
	char path[40];
	struct fmt f;
	struct stat ours;
	struct stat its;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/exe", (int)pid);
	return stat("/proc/self/exe", &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

void
journal_boot_id(char out[40])
{
	ssize_t n;

	memset(out, 0, 40);
	n = procfs_read("/proc/sys/kernel/random/boot_id", out, 40);
	if (n < 0)
		memset(out, 0, 40);
}

uint64_t
journal_init_start(void)
{
	return procfs_start_ticks(1);
}
