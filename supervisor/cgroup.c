#include "supervisor/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/cgroup_watch.h"
#include "supervisor/family.h"
#include "supervisor/procfs.h"
#include "supervisor/reap.h"
#include "supervisor/supervisor.h"

#define MAGIC	 0x63677270 /* CGROUP2_SUPER_MAGIC */
#define PREFIX	 "0::"	    /* of its line in /proc/PID/cgroup */
#define FILE_CAP (NAME_CAP + 32)

/* Where it is mounted, alone or beside those of version 1. */
static const char *const mounts[] = {
	"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

/* The directory of ours that holds those of services, -1: not open. */
static int base_fd = -1;
static char base_dir[CGROUP_PATH_CAP];
static char base_path[CGROUP_PATH_CAP]; /* in /proc/PID/cgroup */
static bool is_said;

/* The line of version 2, without its end. False: there is none. */
static bool
read_line(pid_t pid, char *out, size_t cap)
{
	char bytes[4096];
	char path[40];
	char *line = bytes;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/cgroup", (int)pid);
	if (procfs_read(path, bytes, sizeof(bytes)) <= 0)
		return false;
	while (line && strncmp(line, PREFIX, sizeof(PREFIX) - 1) != 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return false;
	line += sizeof(PREFIX) - 1;
	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) >= cap)
		return false;
	strcpy(out, line);
	return true;
}

/*
 * Whether we are in that one: a mount may show another part of the tree than
 * the path is of, and where we are not we have nothing to make.
 */
static bool
has_us(const char *dir)
{
	char bytes[4096];
	char path[CGROUP_PATH_CAP + 16];
	uint64_t pid = 0;
	bool is_found = false;
	struct fmt f;
	ssize_t n;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/cgroup.procs", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (!is_found && (n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] >= '0' && bytes[i] <= '9') {
				pid = pid * 10 + (uint64_t)(bytes[i] - '0');
				continue;
			}
			is_found = is_found || pid == (uint64_t)getpid();
			pid = 0;
		}
	if (!is_found && n == 0)
		errno = ENOENT;
	close(fd);
	return is_found;
}

/* Of this run-time root alone: others may share the cgroup with us. */
static bool
name_base(const struct stat *root, const char *mount, const char *own)
{
	struct fmt dir;
	struct fmt path;

	fmt_init(&dir, base_dir, sizeof(base_dir));
	fmt_init(&path, base_path, sizeof(base_path));
	fmt_str(&path, strcmp(own, "/") == 0 ? "" : own);
	fmt_printf(&path, "/tend-");
	fmt_hex(&path, (uint64_t)root->st_dev, 1);
	fmt_char(&path, '-');
	fmt_hex(&path, (uint64_t)root->st_ino, 1);
	fmt_str(&dir, mount);
	fmt_str(&dir, strrchr(base_path, '/'));
	return path.len + 1 < sizeof(base_path) &&
	       dir.len + 1 < sizeof(base_dir);
}

/*
 * The directory of the cgroup that we are in. False, with errno: what is
 * mounted there does not hold it, or it is not for us to write.
 */
static bool
find_us(const char *mount, const char *own, char dir[CGROUP_PATH_CAP])
{
	struct statfs fs;
	struct fmt f;

	if (statfs(mount, &fs) < 0)
		return false;
	errno = ENOENT;
	if (fs.f_type != MAGIC)
		return false;
	fmt_init(&f, dir, CGROUP_PATH_CAP);
	fmt_str(&f, mount);
	fmt_str(&f, strcmp(own, "/") == 0 ? "" : own);
	if (has_us(dir))
		return true;
	/* A container's mount may begin where we are. */
	fmt_init(&f, dir, CGROUP_PATH_CAP);
	fmt_str(&f, mount);
	return errno == ENOENT && has_us(mount);
}

static bool
find_at(struct supervisor *sv, const char *mount, const char *own)
{
	char dir[CGROUP_PATH_CAP];
	struct stat st;

	return find_us(mount, own, dir) && fstat(sv->runtime_fd, &st) == 0 &&
	       name_base(&st, dir, own);
}

bool
cgroup_try(char out[CGROUP_PATH_CAP])
{
	char own[CGROUP_PATH_CAP / 2];
	int error = ENOENT;

	if (!read_line(getpid(), own, sizeof(own)))
		return false;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (find_us(mounts[i], own, out) && access(out, W_OK) == 0)
			return true;
		if (errno != ENOENT)
			error = errno;
	}
	errno = error;
	return false;
}

/* False, with errno: there is none, and none can be made. */
static bool
open_base(struct supervisor *sv, bool makes)
{
	char own[CGROUP_PATH_CAP / 2];

	if (base_fd >= 0)
		return true;
	errno = ENOENT;
	if (sv->runtime_fd < 0 || !read_line(getpid(), own, sizeof(own)))
		return false;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (!find_at(sv, mounts[i], own))
			continue;
		if (makes && mkdir(base_dir, 0755) < 0 && errno != EEXIST)
			return false;
		base_fd = open(base_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return base_fd >= 0;
	}
	return false;
}

static bool
may_have_one(struct supervisor *sv, uint32_t id)
{
	return sv->service[id].name != 0 &&
	       (sv->service[id].has_cgroup ||
		       sv->plan.svc[id].policy.kill_mode == KILL_ALL);
}

/* A file in it, or -1. */
static int
open_file(struct supervisor *sv, uint32_t id, const char *file, int flags)
{
	char path[FILE_CAP];
	struct fmt f;

	if (!may_have_one(sv, id) || !open_base(sv, false))
		return -1;
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/%s", service_name(sv, id), file);
	return openat(base_fd, path, flags | O_CLOEXEC);
}

bool
cgroup_prepare(struct supervisor *sv, uint32_t id)
{
	if (sv->plan.svc[id].policy.kill_mode != KILL_ALL ||
		sv->service[id].name == 0)
		return false;
	cgroup_watch_end(sv, id);
	if (open_base(sv, true) &&
		(mkdirat(base_fd, service_name(sv, id), 0755) == 0 ||
			errno == EEXIST)) {
		sv->service[id].has_cgroup = true;
		return true;
	}
	if (!is_said)
		log_warn("%s: no cgroup for it: %m; kill-mode = all looks for "
			 "its processes in /proc",
			service_name(sv, id));
	is_said = true;
	return false;
}

void
cgroup_join(struct supervisor *sv, uint32_t id)
{
	int fd = open_file(sv, id, "cgroup.procs", O_WRONLY);

	if (fd < 0)
		return;
	/* Not taken: it is found by what its processes are, as without. */
	(void)!write(fd, "0", 1);
	close(fd);
}

bool
cgroup_is_populated(struct supervisor *sv, uint32_t id)
{
	int fd;

	if (!cgroup_is_watched(id)) {
		fd = open_file(sv, id, "cgroup.events", O_RDONLY);
		if (fd < 0)
			return false;
		sv->service[id].has_cgroup = true;
		return cgroup_watch_begin(sv, id, fd);
	}
	return cgroup_watch_look(sv, id);
}

bool
cgroup_is_watched(uint32_t id)
{
	return cgroup_watch_has(id);
}

void
cgroup_event(struct supervisor *sv, unsigned which)
{
	uint32_t id = cgroup_watch_of(which);

	if (id == PLAN_NONE || cgroup_watch_look(sv, id))
		return;
	reap_look_at_groups(sv);
	cgroup_rest(sv, id);
}

void
cgroup_kill(struct supervisor *sv, uint32_t id)
{
	int fd = open_file(sv, id, "cgroup.kill", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		log_warn("%s: cgroup.kill: %m", service_name(sv, id));
	close(fd);
}

/* No process of it is there, is about to be made, or is looked for. */
static bool
is_at_rest(struct supervisor *sv, uint32_t id)
{
	const struct service *service = &sv->service[id];
	const struct journal_record *record = journal_record(&sv->journal, id);

	return record->pid == 0 && record->hook_pid == 0 &&
	       !service->is_pending && !service->is_hook_pending &&
	       !service->is_hook_next &&
	       (sv->plan.svc[id].facts & (FACT_HOOK | FACT_SEARCH)) == 0;
}

void
cgroup_rest(struct supervisor *sv, uint32_t id)
{
	/* Only what we gave it: another supervisor's, which may still run
	 * unseen, is ended when it is told to. */
	if (!sv->service[id].has_cgroup || base_fd < 0 || !is_at_rest(sv, id))
		return;
	if (unlinkat(base_fd, service_name(sv, id), AT_REMOVEDIR) == 0 ||
		errno != EBUSY) {
		cgroup_watch_end(sv, id);
		sv->service[id].has_cgroup = false;
		return;
	}
	/* What a hook has left; removed once it is told to be empty. */
	if (!cgroup_is_watched(id))
		family_signal(sv, id, SIGKILL);
	if (!cgroup_is_populated(sv, id))
		unlinkat(base_fd, service_name(sv, id), AT_REMOVEDIR);
}

void
cgroup_close(void)
{
	if (base_fd < 0)
		return;
	close(base_fd);
	base_fd = -1;
	rmdir(base_dir);
}

bool
cgroup_path(struct supervisor *sv, uint32_t id, char *out, size_t cap)
{
	struct stat st;
	struct fmt f;

	if (!may_have_one(sv, id) || !open_base(sv, false) ||
		fstatat(base_fd, service_name(sv, id), &st,
			AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	fmt_init(&f, out, cap);
	fmt_printf(&f, "%s/%s", base_path, service_name(sv, id));
	return f.len + 1 < cap;
}

bool
cgroup_has(pid_t pid, const char *path)
{
	char line[CGROUP_PATH_CAP];
	size_t len = strlen(path);

	return read_line(pid, line, sizeof(line)) &&
	       strncmp(line, path, len) == 0 &&
	       (line[len] == '\0' || line[len] == '/');
}
