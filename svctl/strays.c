#include "svctl/strays.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/state.h"
#include "svctl/svctl.h"

#define TAG_CAP	      192
#define ENVIRON_BYTES 65536
#define SHOWN_MAX     8 /* pids that are named */
#define STEPS_MAX     64

/* A small file below /proc/PID; its length, or -1. */
static ssize_t
read_proc(long pid, const char *file, char *out, size_t cap)
{
	char path[48];
	struct fmt f;
	ssize_t len;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, out, cap - 1);
	close(fd);
	if (len >= 0)
		out[len] = '\0';
	return len;
}

static bool
has_tag(long pid, const char *tag)
{
	static char bytes[ENVIRON_BYTES];
	ssize_t len = read_proc(pid, "environ", bytes, sizeof(bytes));

	for (size_t at = 0; len > 0 && at < (size_t)len;
		at += strlen(bytes + at) + 1)
		if (strcmp(bytes + at, tag) == 0)
			return true;
	return false;
}

/* 0: it is gone, or dead. */
static long
parent_of(long pid)
{
	char bytes[512];
	const char *at;

	if (read_proc(pid, "stat", bytes, sizeof(bytes)) <= 0)
		return 0;
	at = strrchr(bytes, ')');
	if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return 0;
	return strtol(at + 3, NULL, 10);
}

/* Main itself, what descends from it, and what is in its session. */
static bool
belongs_to(long pid, long main_pid)
{
	if (main_pid <= 0)
		return false;
	if (getsid((pid_t)pid) == getsid((pid_t)main_pid))
		return true;
	for (unsigned i = 0; i < STEPS_MAX && pid > 1; i++) {
		if (pid == main_pid)
			return true;
		pid = parent_of(pid);
	}
	return false;
}

static bool
may_have_some(const struct page_entry *entry)
{
	if (entry->state == SVC_UP)
		return entry->starts > 1;
	return entry->starts > 0 && !state_has_process(entry->state);
}

unsigned
strays_find(const struct svctl *s, const char *name,
	const struct page_entry *entry, struct fmt *f)
{
	char tag[TAG_CAP];
	struct fmt t;
	struct stat st;
	unsigned count = 0;
	const struct dirent *d;
	DIR *dir;

	if (!may_have_some(entry) || stat(s->runtime, &st) < 0)
		return 0;
	fmt_init(&t, tag, sizeof(tag));
	fmt_printf(&t, "TEND_SERVICE=%llu:%s", (unsigned long long)st.st_ino,
		name);
	dir = opendir("/proc");
	while (dir && (d = readdir(dir)) != NULL) {
		long pid = strtol(d->d_name, NULL, 10);

		if (pid <= 1 || pid == getpid() || !has_tag(pid, tag) ||
			parent_of(pid) == 0 || belongs_to(pid, entry->pid))
			continue;
		if (count < SHOWN_MAX)
			fmt_printf(f, "%s%d", count == 0 ? "" : " ", (int)pid);
		count++;
	}
	if (dir)
		closedir(dir);
	if (count > SHOWN_MAX)
		fmt_str(f, " ...");
	return count;
}
