#include "supervisor/doctor_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/paths.h"
#include "supervisor/cgroup.h"
#include "supervisor/procfs.h"

#define NULL_MAJOR 1u
#define NULL_MINOR 3u

/* EPERM is what stands for an owner or a mode that is not good. */
static const char *
say_why(int error)
{
	return error == EPERM ? "not ours, or others can write it"
			      : strerror(error);
}

static bool
is_noexec(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

/* The pid of who serves there, 0: nobody. */
static pid_t
find_holder(const char *runtime)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATHS_CAP + 8];
	struct fmt f;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/lock", runtime);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &range) != 0 || range.l_type == F_UNLCK)
		range.l_pid = 0;
	close(fd);
	return range.l_pid;
}

static void
say_chosen(const char *path, bool is_new)
{
	pid_t holder = find_holder(path);

	if (holder != 0)
		doctor_say(FOUND_NOTE, "run-time root",
			"%s: supervisor %d is serving there; another one "
			"leaves with 1",
			path, (int)holder);
	else
		doctor_say(FOUND_OK, "run-time root", "%s%s%s", path,
			is_new ? ", which will be made" : "",
			is_noexec(path) ? "; noexec does no harm" : "");
}

static bool
look_at_runtime(const struct paths_options *options)
{
	char path[PATHS_CAP];

	for (unsigned n = 0; paths_runtime_candidate(options, n, path); n++) {
		bool is_new;
		int error = paths_runtime_try(path, &is_new);

		if (error == 0) {
			say_chosen(path, is_new);
			return true;
		}
		doctor_say(FOUND_NOTE, "run-time root", "%s: %s%s", path,
			is_new ? "is not there and cannot be made: " : "",
			is_new ? strerror(error) : say_why(error));
	}
	doctor_say(FOUND_NOTE, "run-time root",
		"none: services run, but there are no requests and no status; "
		"a tmpfs on /run helps");
	return false;
}

static void
look_at_logs(const struct paths_options *options, bool has_runtime)
{
	char path[PATHS_CAP];
	int error;

	paths_log(options, path);
	error = paths_can_write(path);
	if (error == 0)
		doctor_say(FOUND_OK, "logs", "%s", path);
	else
		doctor_say(FOUND_NOTE, "logs", "%s: %s; %s", path,
			strerror(error),
			has_runtime ? "they go below the run-time root"
				    : "nothing is kept of what services print "
				      "to files");
}

static void
look_at_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		doctor_say(
			FOUND_NOTE, "/dev/null", "%m; services keep our stdin");
		return;
	}
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
		st.st_rdev == makedev(NULL_MAJOR, NULL_MINOR))
		doctor_say(FOUND_OK, "/dev/null", "there");
	else
		doctor_say(FOUND_NOTE, "/dev/null",
			"another kind of file, which services read and write");
	close(fd);
}

static void
look_at_cgroup(void)
{
	char path[CGROUP_PATH_CAP];

	if (cgroup_try(path))
		doctor_say(FOUND_OK, "cgroup", "%s can be written", path);
	else
		doctor_say(FOUND_NOTE, "cgroup",
			"no cgroup v2 to write (%m): kill-mode = all looks for "
			"processes in /proc");
}

static void
look_at_root(void)
{
	struct statvfs fs;

	if (statvfs("/", &fs) != 0)
		return;
	if ((fs.f_flag & ST_RDONLY) != 0)
		doctor_say(FOUND_NOTE, "/", "read-only");
	else
		doctor_say(FOUND_OK, "/", "mounted for writing");
}

void
doctor_look_at_places(const struct paths_options *options)
{
	bool has_runtime;

	look_at_root();
	if (procfs_is_there())
		doctor_say(FOUND_OK, "/proc", "there");
	else
		doctor_say(FOUND_NOTE, "/proc",
			"not there: after a crash, and without init, what may "
			"run is left alone; kill-mode = all ends groups only");
	look_at_null();
	look_at_cgroup();
	has_runtime = look_at_runtime(options);
	look_at_logs(options, has_runtime);
}
