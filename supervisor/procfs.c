#include "supervisor/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static const char *
number(const char *at, uint64_t *out)
{
	bool is_negative = *at == '-';

	*out = 0;
	if (is_negative)
		at++;
	while (*at >= '0' && *at <= '9')
		*out = *out * 10 + (uint64_t)(*at++ - '0');
	if (is_negative)
		*out = 0 - *out;
	return *at == ' ' ? at + 1 : at;
}

bool
procfs_stat(pid_t pid, struct procfs_stat *out)
{
	char path[40];
	char buf[512];
	struct fmt f;
	const char *at;
	uint64_t field[20] = {0}; /* from the fourth on */

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/stat", (int)pid);
	if (procfs_read(path, buf, sizeof(buf)) <= 0)
		return false;
	/* The second field may hold anything. */
	at = strrchr(buf, ')');
	if (!at || at[1] != ' ' || at[2] == '\0' || at[3] != ' ')
		return false;
	out->state = at[2];
	at += 4;
	for (size_t i = 0; i < 19; i++)
		at = number(at, &field[i]);
	out->parent = (pid_t)field[0];
	out->group = (pid_t)field[1];
	out->session = (pid_t)field[2];
	out->start_ticks = field[18];
	/* Its first thread has ended, and others have not. */
	if (out->state == 'Z' && field[16] > 1)
		out->state = 'S';
	return true;
}

uint64_t
procfs_start_ticks(pid_t pid)
{
	struct procfs_stat stat;

	return procfs_stat(pid, &stat) ? stat.start_ticks : 0;
}

bool
procfs_is_there(void)
{
	return procfs_start_ticks(getpid()) != 0;
}

bool
procfs_is_dead(pid_t pid)
{
	struct procfs_stat stat;

	if (procfs_stat(pid, &stat))
		return stat.state == 'Z' || stat.state == 'X';
	return procfs_is_there() || (kill(pid, 0) < 0 && errno == ESRCH);
}

/* What the kernel puts into a buffer of getdents64(2). */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t len;
	uint8_t type;
	char name[];
};

int
procfs_each(bool (*each)(pid_t pid, void *context), void *context)
{
	_Alignas(8) char buf[2048];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool goes_on = true;
	long n = 0;

	if (fd < 0)
		return -1;
	while (goes_on &&
		(n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n && goes_on;) {
			const struct entry *entry = (void *)(buf + at);
			uint64_t pid;

			if (entry->name[0] >= '1' && entry->name[0] <= '9') {
				number(entry->name, &pid);
				goes_on = each((pid_t)pid, context);
			}
			at += entry->len;
		}
	close(fd);
	return n < 0 ? -1 : 0;
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
