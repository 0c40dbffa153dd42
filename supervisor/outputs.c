#include "supervisor/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/logger.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"

#define FD_NEVER  (1u << 30)
#define DIRECTORY "pipe"
#define FILE_CAP  (NAME_CAP + sizeof(SPEC_ERR))
#define NOT_KEPT  (-1)
/* What the rest of us may still need where few descriptors are to be had. */
#define SPARE 16
/* Others may pass, nobody may list or change. */
#define DIR_MODE 0711

enum {
	OUT,
	ERR,
	IN,
	PIPES
};

static const char *const suffixes[PIPES] = {
	[OUT] = "", [ERR] = SPEC_ERR, [IN] = SPEC_IN};

/* Those of a service: descriptor + 1; 0: not made, NOT_KEPT: made. */
struct output {
	int32_t fd[PIPES];
	uid_t uid;
};

static struct output *outputs;
static bool is_shortage_said;

static mode_t
fifo_mode(void)
{
	/* Opened for reading and writing as root, whom modes do not bind; a
	 * plain user owns its own and is bound by them. */
	return geteuid() == 0 ? 0200 : 0600;
}

static int
open_directory(int runtime_fd)
{
	struct stat st;
	int fd;

	if (mkdirat(runtime_fd, DIRECTORY, DIR_MODE) < 0 && errno != EEXIST)
		return -1;
	fd = openat(runtime_fd, DIRECTORY,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
		fchmod(fd, DIR_MODE) < 0) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

void
outputs_limit(struct supervisor *sv, bool is_raised)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
		(!is_raised && sv->nofile[1] == 0))
		return;
	if (is_raised) {
		if (limit.rlim_cur == limit.rlim_max)
			return;
		sv->nofile[0] = limit.rlim_cur;
		sv->nofile[1] = limit.rlim_max;
	}
	limit.rlim_cur = is_raised ? limit.rlim_max : sv->nofile[0];
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		sv->nofile[1] = 0;
}

/* Old kernels and filters: then a child gets a copy of the whole table. */
static bool
can_leave_table(void)
{
	return syscall(SYS_close_range, FD_NEVER, ~0u, CLOSE_UNSHARE) == 0;
}

int
outputs_open(struct supervisor *sv)
{
	sv->uid = geteuid();
	sv->pipe_fd = -1;
	if (sv->runtime_fd < 0)
		return -1;
	sv->can_share_files = can_leave_table();
	outputs_limit(sv, true);
	outputs = mmap(NULL, SERVICES_MAX * sizeof(*outputs),
		PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (outputs == MAP_FAILED)
		return -1;
	sv->pipe_fd = open_directory(sv->runtime_fd);
	if (sv->pipe_fd < 0) {
		log_warn("%s/" DIRECTORY ": %m; services write their log files "
			 "themselves",
			sv->runtime);
		return -1;
	}
	return 0;
}

static void
name_file(char out[FILE_CAP], const char *name, unsigned which)
{
	size_t len = strlen(name);

	memcpy(out, name, len);
	memcpy(out + len, suffixes[which], strlen(suffixes[which]) + 1);
}

/*
 * Of fd, where children do not have to copy it; where there are no such
 * numbers, fd itself. -1 with errno.
 */
static int
move_up(int fd)
{
	struct rlimit limit;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, OUTPUTS_FD);

	if (high >= 0 || errno != EINVAL ||
		getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
		(rlim_t)fd + SPARE > limit.rlim_cur) {
		close(fd);
		/* As the kernel says it of a number within the limit. */
		if (high < 0 && errno == EINVAL)
			errno = EMFILE;
		return high;
	}
	return fd;
}

/* A descriptor to keep, above those that children get. */
static int32_t
keep(struct supervisor *sv, const char *file)
{
	int fd = openat(sv->pipe_fd, file,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int high;

	/* Root without that capability is bound by the mode after all. */
	if (fd < 0 && errno == EACCES &&
		fchmodat(sv->pipe_fd, file, 0600, 0) == 0)
		fd = openat(sv->pipe_fd, file,
			O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	high = fd < 0 ? -1 : move_up(fd);
	if (high >= 0)
		return high + 1;
	if (!is_shortage_said)
		log_warn("%s/" DIRECTORY "/%s: %m; what is in it is lost when "
			 "its service ends and svlog does not read it",
			sv->runtime, file);
	is_shortage_said = true;
	return NOT_KEPT;
}

/* What lies there is a FIFO that nobody else has put there. */
static bool
is_usable(const struct supervisor *sv, const char *file, uid_t *uid)
{
	struct stat st;

	if (fstatat(sv->pipe_fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISFIFO(st.st_mode) || (st.st_mode & 0077) != 0)
		return false;
	*uid = st.st_uid;
	return true;
}

/* *uid: its owner. 0, or -1 with errno. */
static int
make_fifo(const struct supervisor *sv, const char *file, uid_t *uid)
{
	*uid = sv->uid;
	if (mkfifoat(sv->pipe_fd, file, fifo_mode()) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (is_usable(sv, file, uid))
		return 0;
	*uid = sv->uid;
	log_error("%s/" DIRECTORY "/%s: no FIFO of ours; it is replaced",
		sv->runtime, file);
	if (unlinkat(sv->pipe_fd, file, 0) < 0 &&
		unlinkat(sv->pipe_fd, file, AT_REMOVEDIR) < 0)
		return -1;
	return mkfifoat(sv->pipe_fd, file, fifo_mode());
}

static int
give(const struct supervisor *sv, const char *file, uid_t uid)
{
	return fchownat(sv->pipe_fd, file, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
}

/* Once for each: not among what is hot, and so not part of its caller. */
static __attribute__((noinline)) int
make_one(struct supervisor *sv, struct output *o, const char *name,
	unsigned which, uid_t uid)
{
	char file[FILE_CAP];
	uid_t owner = o->uid;

	name_file(file, name, which);
	if (o->fd[which] == 0) {
		if (make_fifo(sv, file, &owner) < 0)
			return -1;
		o->fd[which] = keep(sv, file);
	}
	return owner == uid ? 0 : give(sv, file, uid);
}

static bool
is_asked_for(const struct spec *spec, unsigned which)
{
	return which == IN    ? spec->in_name != NULL
	       : which == OUT ? spec->out_name != NULL
			      : spec->out_name != spec->err_name;
}

/* Bits of those that are missing; all of them belong to one user. */
static unsigned
find_missing(const struct output *o, const struct spec *spec)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < PIPES; i++)
		if (o->fd[i] == 0 && is_asked_for(spec, i))
			missing |= 1u << i;
	return missing;
}

void
outputs_prepare(struct supervisor *sv, uint32_t id, struct spec *spec)
{
	const char *name = service_name(sv, id);
	uid_t uid = spec->has_user ? spec->uid : sv->uid;
	struct output *o;
	unsigned missing;

	if (!spec->out_name && !spec->in_name)
		return;
	o = &outputs[id];
	missing = find_missing(o, spec);
	for (unsigned i = 0; i < PIPES && (missing != 0 || o->uid != uid); i++)
		if (is_asked_for(spec, i) &&
			make_one(sv, o, name, i, uid) < 0) {
			log_warn("%s: its pipe: %m; it writes its log itself",
				name);
			spec->out_name = spec->err_name = spec->in_name = NULL;
			o->uid = (uid_t)-1;
			return;
		}
	/* One that reads files finds its user in the child, each time. */
	o->uid = uid;
	if (missing != 0)
		logger_tell_open(sv, name);
	/* What ends soon is gone before svlog has opened a pipe that nobody
	 * keeps. */
	if (o->fd[OUT] == NOT_KEPT &&
		sv->plan.svc[id].policy.type == TYPE_ONESHOT)
		spec->out_name = spec->err_name = NULL;
}

void
outputs_give(const struct supervisor *sv, const struct spec *spec)
{
	if (!spec->has_user)
		return;
	if (spec->out_name)
		give(sv, spec->out_name, spec->uid);
	if (spec->err_name != spec->out_name)
		give(sv, spec->err_name, spec->uid);
	if (spec->in_name)
		give(sv, spec->in_name, spec->uid);
}

void
outputs_forget(struct supervisor *sv, uint32_t id)
{
	const char *name = service_name(sv, id);
	bool is_told = false;
	char file[FILE_CAP];
	struct output *o;

	if (sv->pipe_fd < 0 || sv->service[id].name == 0)
		return;
	o = &outputs[id];
	for (unsigned i = 0; i < PIPES; i++) {
		if (o->fd[i] == 0)
			continue;
		name_file(file, name, i);
		unlinkat(sv->pipe_fd, file, 0);
		/* svlog, which has it open, reads the rest. */
		if (o->fd[i] > 0)
			close(o->fd[i] - 1);
		is_told = true;
	}
	*o = (struct output){0};
	if (is_told)
		logger_tell_close(sv, name);
}

/* The service whose FIFO this is, and which of them. */
static uint32_t
find_owner(const struct supervisor *sv, const char *file, unsigned *which)
{
	char name[NAME_CAP];
	size_t len = strcspn(file, ",");

	for (*which = 0; *which < PIPES; (*which)++)
		if (strcmp(file + len, suffixes[*which]) == 0)
			break;
	if (*which == PIPES || len >= sizeof(name))
		return PAGE_NONE;
	memcpy(name, file, len);
	name[len] = '\0';
	return service_find(sv, name);
}

static bool
has_any(const struct output *o)
{
	return o->fd[OUT] != 0 || o->fd[ERR] != 0 || o->fd[IN] != 0;
}

static void
recover_one(struct supervisor *sv, const char *file)
{
	unsigned which;
	uint32_t id = find_owner(sv, file, &which);
	uid_t uid;
	struct output *o;

	/* What waits for a newline looks after its own. */
	if (strcmp(file + strcspn(file, ","), SPEC_READY) == 0)
		return;
	if (id == PAGE_NONE || !is_usable(sv, file, &uid)) {
		unlinkat(sv->pipe_fd, file, 0);
		return;
	}
	o = &outputs[id];
	/* Two owners: a change was interrupted. */
	o->uid = has_any(o) && o->uid != uid ? (uid_t)-1 : uid;
	o->fd[which] = keep(sv, file);
	logger_need(sv);
}

/* Calls each with the name of every file there. */
static void
walk(struct supervisor *sv, void (*each)(struct supervisor *, const char *))
{
	int fd = openat(sv->pipe_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			each(sv, entry->d_name);
	closedir(dir);
}

void
outputs_recover(struct supervisor *sv)
{
	if (sv->pipe_fd >= 0)
		walk(sv, recover_one);
}

static void
remove_one(struct supervisor *sv, const char *file)
{
	unlinkat(sv->pipe_fd, file, 0);
}

void
outputs_remove(struct supervisor *sv)
{
	if (sv->pipe_fd < 0)
		return;
	walk(sv, remove_one);
	unlinkat(sv->runtime_fd, DIRECTORY, AT_REMOVEDIR);
}
