#include "supervisor/svlog/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fmt.h"

#define CURRENT	   "current"
#define NAME_TRIES 1000 /* files that begin within the same microsecond */
#define NO_REPLACE 1u	/* RENAME_NOREPLACE */
#define OPEN_CURRENT                                                           \
	(O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static int
fail(int fd, int error)
{
	close(fd);
	errno = error;
	return -1;
}

int
file_base_open(struct file_base *base)
{
	if (!base->path) {
		errno = ENOENT;
		return -1;
	}
	mkdir(base->path, base->is_single ? 0750 : 0755);
	base->fd = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return base->fd < 0 ? -1 : 0;
}

int
file_open_dir(struct file_base *base, const char *name)
{
	struct stat st;
	bool is_new;
	int fd;

	if (base->fd < 0 && file_base_open(base) != 0)
		return -1;
	is_new = mkdirat(base->fd, name, 0750) == 0;
	fd = openat(base->fd, name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (base->is_single)
		return fd;
	/* Whose directory it is can put symlinks and pipes there. */
	if (fstat(fd, &st) != 0)
		return fail(fd, errno);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
		(st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(fd, EPERM);
	/* Without the group the log is still a log. */
	if (is_new && base->gid != (gid_t)-1 &&
		fchown(fd, (uid_t)-1, base->gid) != 0)
		return fd;
	return fd;
}

static bool
is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	       (st->st_uid == geteuid() || st->st_uid == 0);
}

static void
begin_now(struct file *file, const struct stamp *now)
{
	file->first_s = now->second;
	stamp_to_name(now->text, file->first);
}

/* The seconds of a stamp are needed for the age alone: the file's will do. */
static void
read_first(struct file *file, const struct stat *st, const struct stamp *now)
{
	char text[STAMP_LEN];

	begin_now(file, now);
	if (pread(file->fd, text, sizeof(text), 0) != (ssize_t)sizeof(text) ||
		!stamp_is_valid(text, sizeof(text)))
		return;
	stamp_to_name(text, file->first);
	file->first_s = st->st_mtime;
	file->last_s = st->st_mtime;
}

/* Of a writer that was killed, or a disk that was full, part of a line. */
static void
mend(struct file *file)
{
	char last;

	if (file->size > 0 &&
		pread(file->fd, &last, 1, (off_t)file->size - 1) == 1 &&
		last != '\n')
		file_append(file, "\n", 1);
}

static int
open_current(struct file *file, int dir_fd, int flags, struct stat *st)
{
	const struct file_base *base = file->base;
	int fd = openat(dir_fd, CURRENT, OPEN_CURRENT | flags, 0640);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) != 0)
		return fail(fd, errno);
	if (!is_plain(st))
		return fail(fd, EPERM);
	if (base->is_locked && flock(fd, LOCK_EX | LOCK_NB) != 0)
		return fail(fd, errno);
	/* As above. */
	if (st->st_size == 0 && base->gid != (gid_t)-1 &&
		st->st_gid != base->gid &&
		fchown(fd, (uid_t)-1, base->gid) != 0)
		errno = 0;
	file->fd = fd;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->size = (uint64_t)st->st_size;
	return 0;
}

int
file_open(struct file *file, const struct stamp *now, bool is_mended)
{
	int dir_fd = file_open_dir(file->base, file->name);
	struct stat st;
	int result;

	if (dir_fd < 0)
		return -1;
	result = open_current(file, dir_fd, 0, &st);
	if (result != 0)
		return fail(dir_fd, errno);
	close(dir_fd);
	file->looked_s = now->second;
	if (file->size > 0)
		read_first(file, &st, now);
	else
		begin_now(file, now);
	if (is_mended)
		mend(file);
	return 0;
}

void
file_close(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* Whether current is another file now, or none. */
static bool
is_renamed(const struct file *file)
{
	char path[NAME_MAX + sizeof("/" CURRENT)];
	struct stat st;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/" CURRENT, file->name);
	return fstatat(file->base->fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	       st.st_ino != file->ino || st.st_dev != file->dev;
}

int
file_check(struct file *file, const struct stamp *now)
{
	struct stat st;

	if (file->fd >= 0) {
		bool is_lost = fstat(file->fd, &st) != 0 || st.st_nlink == 0;

		if (!is_lost && file->looked_s != now->second)
			is_lost = is_renamed(file);
		file->looked_s = now->second;
		if (is_lost)
			file_close(file);
		else
			file->size = (uint64_t)st.st_size;
	}
	if (file->fd < 0 && file_open(file, now, true) != 0)
		return -1;
	if (file->size == 0)
		begin_now(file, now);
	return 0;
}

size_t
file_append(struct file *file, const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(
			file->fd, bytes + done, len - done, (off_t)file->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? ENOSPC : errno;
			break;
		}
		done += (size_t)n;
		file->size += (uint64_t)n;
	}
	return done;
}

void
file_cut(struct file *file, uint64_t size)
{
	if (ftruncate(file->fd, (off_t)size) == 0)
		file->size = size;
}

static int
note_name(struct file *file, const char first[STAMP_NAME_LEN])
{
	memcpy(file->before, first, sizeof(file->before));
	memcpy(file->given, file->first, sizeof(file->given));
	return 0;
}

/* Gives it a name that no other has; those within a microsecond count on. */
static int
rename_current(struct file *file, int dir_fd, char *name)
{
	char first[STAMP_NAME_LEN];
	struct stat st;

	memcpy(first, file->first, sizeof(first));
	if (memcmp(first, file->before, sizeof(first)) >= 0 &&
		memcmp(first, file->given, sizeof(first)) <= 0) {
		memcpy(file->first, file->given, sizeof(first));
		stamp_name_next(file->first);
	}
	for (unsigned tries = 0; tries < NAME_TRIES; tries++) {
		rotate_name(file->first, 's', name);
		if (syscall(SYS_renameat2, dir_fd, CURRENT, dir_fd, name,
			    NO_REPLACE) == 0)
			return note_name(file, first);
		if (errno != EEXIST && errno != ENOSYS && errno != EINVAL &&
			errno != EPERM)
			return -1;
		if (errno != EEXIST &&
			fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
			if (renameat(dir_fd, CURRENT, dir_fd, name) != 0)
				return -1;
			return note_name(file, first);
		}
		if (!stamp_name_next(file->first))
			break;
	}
	errno = EEXIST;
	return -1;
}

int
file_rotate(struct file *file, const struct stamp *now, int *old_fd,
	int *dir_fd, char name[ROTATE_NAME_LEN + 1])
{
	int dir = file_open_dir(file->base, file->name);
	struct stat st;

	if (dir < 0)
		return -1;
	if (rename_current(file, dir, name) != 0)
		return fail(dir, errno);
	*old_fd = file->fd;
	*dir_fd = dir;
	file->fd = -1;
	/* If it cannot be made now, file_check() tries again. */
	if (open_current(file, dir, O_EXCL, &st) == 0)
		begin_now(file, now);
	return 0;
}
