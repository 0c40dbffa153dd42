#include "supervisor/svlog/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NAME_TRIES 1000 /* files that begin within the same microsecond */
#define NO_REPLACE 1u	/* RENAME_NOREPLACE */

/* As renameat2() does it, or nearly so where the file system cannot. */
static int
rename_new(int dir_fd, const char *from, const char *to)
{
	struct stat st;

	if (syscall(SYS_renameat2, dir_fd, from, dir_fd, to, NO_REPLACE) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL && errno != EPERM)
		return -1;
	if (fstatat(dir_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(dir_fd, from, dir_fd, to);
}

/* The time of its first line; of what has none, that of now. */
static void
read_first(int dir_fd, char first[STAMP_NAME_LEN])
{
	struct stamp now = {.is_set = false};
	char text[STAMP_LEN];
	struct timespec t;
	int fd = openat(dir_fd, SETTLE_CURRENT,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	clock_gettime(CLOCK_REALTIME, &t);
	stamp_set(&now, t.tv_sec, (uint32_t)(t.tv_nsec / 1000));
	if (fd >= 0 &&
		pread(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text) &&
		stamp_is_valid(text, sizeof(text)))
		memcpy(now.text, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	stamp_to_name(now.text, first);
}

/* Gives it a name that no other has; those within a microsecond count on. */
static int
finish(int dir_fd, struct settle_names *names, char *name)
{
	char first[STAMP_NAME_LEN];
	char given[STAMP_NAME_LEN];

	read_first(dir_fd, first);
	memcpy(given, first, sizeof(given));
	if (memcmp(first, names->before, sizeof(first)) >= 0 &&
		memcmp(first, names->given, sizeof(first)) <= 0) {
		memcpy(given, names->given, sizeof(given));
		stamp_name_next(given);
	}
	for (unsigned tries = 0; tries < NAME_TRIES; tries++) {
		rotate_name(given, 's', name);
		if (rename_new(dir_fd, SETTLE_CURRENT, name) == 0) {
			memcpy(names->before, first, sizeof(first));
			memcpy(names->given, given, sizeof(given));
			return 0;
		}
		if (errno != EEXIST)
			break;
		if (!stamp_name_next(given))
			break;
	}
	name[0] = '\0';
	return -1;
}

int
settle(int dir_fd, struct settle_names *names, bool is_turned,
	char name[ROTATE_NAME_LEN + 1])
{
	struct stat next;
	struct stat st;

	name[0] = '\0';
	if (fstatat(dir_fd, SETTLE_NEXT, &next, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(next.st_mode))
		return 0;
	if (fstatat(dir_fd, SETTLE_CURRENT, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (next.st_size == 0 && !is_turned)
			return 0;
		if (st.st_size == 0)
			unlinkat(dir_fd, SETTLE_CURRENT, 0);
		else if (finish(dir_fd, names, name) != 0 && errno != ENOENT)
			return -1;
	} else if (errno != ENOENT) {
		return -1;
	}
	return rename_new(dir_fd, SETTLE_NEXT, SETTLE_CURRENT);
}
