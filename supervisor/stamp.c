#include "supervisor/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/paths.h"
#include "supervisor/supervisor.h"

#define DIRECTORY "timers"

static int
make_and_open(int at, const char *name)
{
	int fd = openat(
		at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(
		at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* It may be mounted, or writable, only later: it is opened anew each time. */
static int
open_state(const struct supervisor *sv)
{
	char path[PATHS_CAP];
	int dir, fd;

	paths_state(&sv->options.paths, path);
	if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = make_and_open(dir, DIRECTORY);
	close(dir);
	return fd;
}

static int
open_runtime(const struct supervisor *sv)
{
	if (sv->runtime_fd >= 0)
		return make_and_open(sv->runtime_fd, DIRECTORY);
	errno = ENOENT;
	return -1;
}

static bool
set_time(int dir, const char *name)
{
	int fd;
	bool is_set;

	if (dir < 0)
		return false;
	fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	is_set = fd >= 0 && futimens(fd, NULL) == 0;
	if (fd >= 0)
		close(fd);
	return is_set;
}

static int64_t
get_time(int dir, const char *name)
{
	struct stat st;

	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

int64_t
stamp_read(const struct supervisor *sv, uint32_t id, bool is_kept)
{
	const char *name = service_name(sv, id);
	int64_t time = 0;
	int dir;

	if (is_kept) {
		dir = open_state(sv);
		time = get_time(dir, name);
		close_if_open(dir);
	}
	/* What an earlier run of everything has left there means nothing. */
	if (time == 0 && sv->is_recovering) {
		dir = open_runtime(sv);
		time = get_time(dir, name);
		close_if_open(dir);
	}
	return time;
}

void
stamp_write(struct supervisor *sv, uint32_t id, bool is_kept)
{
	const char *name = service_name(sv, id);
	int dir = -1;

	if (is_kept) {
		dir = open_state(sv);
		if (set_time(dir, name)) {
			close(dir);
			return;
		}
		log_warn("%s: when it ran cannot be kept: %m; what is missed "
			 "while we are off is not made good",
			name);
		close_if_open(dir);
	}
	dir = open_runtime(sv);
	set_time(dir, name);
	close_if_open(dir);
}
