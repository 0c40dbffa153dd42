#include "svctl/logdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svctl/svctl.h"

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static void
open_base(struct logdir *dir, unsigned base)
{
	struct stat first, second;

	dir->fd[base] = open(dir->path[base], OPEN_FLAGS);
	dir->error[base] = dir->fd[base] < 0 ? errno : 0;
	/* TEND_LOG may name the other one. */
	if (base && dir->fd[0] >= 0 && dir->fd[base] >= 0 &&
		fstat(dir->fd[0], &first) == 0 &&
		fstat(dir->fd[base], &second) == 0 &&
		first.st_ino == second.st_ino &&
		first.st_dev == second.st_dev) {
		close(dir->fd[base]);
		dir->fd[base] = -1;
		dir->error[base] = ENOENT;
		dir->path[base][0] = '\0';
	}
}

void
logdir_open(struct logdir *dir, struct svctl *s)
{
	char path[PATHS_CAP];
	struct fmt f;

	memset(dir, 0, sizeof(*dir));
	paths_log(&s->paths, path);
	fmt_init(&f, dir->path[0], PATHS_CAP);
	if (s->paths.root)
		fmt_str(&f, s->paths.root);
	fmt_str(&f, path);
	/* An image has nothing below /run. */
	if (!s->paths.root) {
		if (!*s->runtime)
			paths_runtime_find(&s->paths, s->runtime);
		fmt_init(&f, dir->path[1], PATHS_CAP);
		fmt_printf(&f, "%s/log", s->runtime);
	}
	for (unsigned base = 0; base < LOGDIR_BASES; base++)
		dir->fd[base] = -1;
	logdir_open_again(dir);
}

void
logdir_open_again(struct logdir *dir)
{
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (*dir->path[base] && dir->fd[base] < 0)
			open_base(dir, base);
	}
}

void
logdir_close(struct logdir *dir)
{
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (dir->fd[base] >= 0)
			close(dir->fd[base]);
		dir->fd[base] = -1;
	}
}

int
logdir_service(const struct logdir *dir, unsigned base, const char *name)
{
	if (dir->fd[base] < 0) {
		errno = dir->error[base] ? dir->error[base] : ENOENT;
		return -1;
	}
	if (!name_is_valid(name, strlen(name))) {
		errno = ENOENT;
		return -1;
	}
	return openat(dir->fd[base], name, OPEN_FLAGS | O_NOFOLLOW);
}

bool
logdir_each(const struct logdir *dir, unsigned base,
	bool (*take)(void *context, const char *name), void *context)
{
	int own =
		dir->fd[base] < 0 ? -1 : openat(dir->fd[base], ".", OPEN_FLAGS);
	DIR *stream = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;
	struct stat st;
	bool goes_on = true;

	if (!stream) {
		if (own >= 0)
			close(own);
		return false;
	}
	while (goes_on && (e = readdir(stream))) {
		if (!name_is_valid(e->d_name, strlen(e->d_name)) ||
			fstatat(dir->fd[base], e->d_name, &st,
				AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISDIR(st.st_mode))
			continue;
		goes_on = take(context, e->d_name);
	}
	closedir(stream);
	return goes_on;
}

struct near {
	const char *name;
	char *out;
	unsigned best;
	bool is_found;
};

static bool
take_nearer(void *context, const char *name)
{
	struct near *near = context;
	unsigned distance = name_distance(near->name, name, near->best);

	if (distance < near->best) {
		near->best = distance;
		near->is_found = true;
		memcpy(near->out, name, strlen(name) + 1);
	}
	return true;
}

bool
logdir_nearest(const struct logdir *dir, const char *name, char out[NAME_CAP])
{
	struct near near = {name, out, name_reach(name) + 1, false};

	for (unsigned base = 0; base < LOGDIR_BASES; base++)
		(void)logdir_each(dir, base, take_nearer, &near);
	return near.is_found;
}

int
logdir_say_error(
	const struct logdir *dir, unsigned base, const char *name, int error)
{
	char path[PATHS_CAP + NAME_CAP];
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_str(&f, dir->path[base]);
	if (name)
		fmt_printf(&f, "/%s", name);
	if (error == EACCES || error == EPERM) {
		out_error(path, "not permitted to read the log; use root, or "
				"a member of the directory's group, usually "
				"adm");
		return CODE_DENIED;
	}
	if (error == ENOTDIR || error == ELOOP)
		out_error(path, "no directory; a log is never read through a "
				"symbolic link");
	else
		out_error(path, "cannot read the log: %s", strerror(error));
	return CODE_FAILED;
}
