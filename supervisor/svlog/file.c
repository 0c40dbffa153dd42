#include "supervisor/svlog/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/name.h"
#include "supervisor/svlog/cold.h"
#include "supervisor/svlog/settle.h"

#define OPEN_FILE                                                              \
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
	cold_used();
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

/* The seconds of a stamp are needed for the age alone: the file's will do. */
static void
read_first(struct file *file, const struct stat *st, const struct stamp *now)
{
	char text[STAMP_LEN];

	file->first_s = now->second;
	if (pread(file->fd, text, sizeof(text), 0) != (ssize_t)sizeof(text) ||
		!stamp_is_valid(text, sizeof(text)))
		return;
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
open_plain(const struct file_base *base, int dir_fd, const char *name,
	struct stat *st)
{
	int fd = openat(dir_fd, name, OPEN_FILE, 0640);

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
	return fd;
}

static void
use(struct file *file, int fd, const struct stat *st)
{
	file->fd = fd;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->size = (uint64_t)st->st_size;
}

/* Another filter has .next open while it gives names. */
static bool
is_others(struct file_base *base, int dir_fd)
{
	int fd;
	bool is_so;

	if (!base->is_locked || base->is_owned)
		return false;
	fd = openat(dir_fd, SETTLE_NEXT, OPEN_FILE & ~O_CREAT);
	if (fd < 0)
		return false;
	is_so = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return is_so;
}

static int
open_current(struct file *file, int dir_fd, struct stat *st)
{
	struct settle_names names = {.before = "", .given = ""};
	char name[ROTATE_NAME_LEN + 1];
	int fd;

	if (is_others(file->base, dir_fd)) {
		errno = EWOULDBLOCK;
		return -1;
	}
	if (settle(dir_fd, &names, false, name) != 0)
		return -1;
	fd = open_plain(file->base, dir_fd, SETTLE_CURRENT, st);
	if (fd < 0)
		return -1;
	use(file, fd, st);
	file->base->is_owned = true;
	return 0;
}

int
file_open(struct file *file, const struct stamp *now, bool is_mended)
{
	int dir_fd = file_open_dir(file->base, file->name);
	struct stat st;

	if (dir_fd < 0)
		return -1;
	if (open_current(file, dir_fd, &st) != 0)
		return fail(dir_fd, errno);
	close(dir_fd);
	file->looked_s = now->second;
	if (file->size > 0)
		read_first(file, &st, now);
	else
		file->first_s = now->second;
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
	char path[NAME_CAP + sizeof("/" SETTLE_CURRENT)];
	size_t len = strlen(file->name);
	struct stat st;

	/* Each second; what formats is cold. */
	memcpy(path, file->name, len);
	memcpy(path + len, "/" SETTLE_CURRENT, sizeof("/" SETTLE_CURRENT));
	return fstatat(file->base->fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	       st.st_ino != file->ino || st.st_dev != file->dev;
}

bool
file_is_lost(struct file *file, const struct stamp *now, bool is_named)
{
	struct stat st;

	if (fstat(file->fd, &st) != 0)
		return true;
	/* What has no name of its own yet is looked at when it has. */
	if (is_named) {
		bool is_lost =
			st.st_nlink == 0 ||
			(file->looked_s != now->second && is_renamed(file));

		file->looked_s = now->second;
		if (is_lost)
			return true;
	}
	file->size = (uint64_t)st.st_size;
	if (file->size == 0)
		file->first_s = now->second;
	return false;
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

int
file_open_next(const struct file_base *base, int dir_fd)
{
	struct stat st;
	int fd = open_plain(base, dir_fd, SETTLE_NEXT, &st);

	/* Lines that are there have been given their name by now. */
	return fd >= 0 && st.st_size != 0 ? fail(fd, EEXIST) : fd;
}

int
file_take(struct file *file, int fd, const struct stamp *now)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_nlink != 1 || st.st_size != 0)
		return -1;
	use(file, fd, &st);
	file->first_s = now->second;
	return 0;
}
