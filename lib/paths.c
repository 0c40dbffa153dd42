#include "lib/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"

/* An absolute path from the environment, or NULL: the base directory
 * specification ignores relative ones. */
static const char *
environment_path(const char *name)
{
	const char *value = getenv(name);

	return value && *value == '/' ? value : NULL;
}

/* first second third; false, and "" in out, if it does not fit. */
static bool
join(char out[PATHS_CAP], const char *first, const char *second,
	const char *third)
{
	struct fmt f;

	fmt_init(&f, out, PATHS_CAP);
	fmt_str(&f, first);
	fmt_str(&f, second);
	fmt_str(&f, third);
	if (f.is_cut)
		out[0] = '\0';
	return !f.is_cut;
}

/* $variable/tend, or $HOME/fallback/tend, or /nonexistent/tend. */
static void
join_home(char out[PATHS_CAP], const char *variable, const char *fallback)
{
	const char *base = environment_path(variable);
	const char *home = environment_path("HOME");

	if (base)
		(void)join(out, base, "/tend", "");
	else
		(void)join(
			out, home ? home : "/nonexistent", fallback, "/tend");
}

static bool
join_uid(char out[PATHS_CAP], const char *base)
{
	struct fmt f;

	fmt_init(&f, out, PATHS_CAP);
	fmt_str(&f, base);
	fmt_u64(&f, geteuid());
	return !f.is_cut;
}

bool
paths_runtime_candidate(
	const struct paths_options *options, unsigned n, char out[PATHS_CAP])
{
	const char *asked = options->runtime;
	const char *base = environment_path("XDG_RUNTIME_DIR");

	if (!asked)
		asked = getenv("TEND_RUNTIME");
	/* Nobody who names a directory wants another supervisor's. */
	if (asked && *asked)
		return n == 0 && join(out, asked, "", "");
	if (options->is_user && !base)
		n++;
	switch (n) {
	case 0:
		return options->is_user ? join(out, base, "/tend", "")
					: join(out, "/run/tend", "", "");
	case 1:
		return join_uid(out, "/dev/shm/tend-");
	case 2:
		return join_uid(out, "/tmp/tend-");
	default:
		return false;
	}
}

/* Anybody can make a directory in these: only ours and 0700 is good. */
static bool
is_in_public(const char *path)
{
	char ours[PATHS_CAP];

	return (join_uid(ours, "/dev/shm/tend-") && !strcmp(path, ours)) ||
	       (join_uid(ours, "/tmp/tend-") && !strcmp(path, ours));
}

static bool
is_ours(const struct stat *st, const char *path)
{
	mode_t bad = is_in_public(path) ? 077 : 022;

	return S_ISDIR(st->st_mode) && st->st_uid == geteuid() &&
	       !(st->st_mode & bad);
}

static bool
holds(const char *directory, const char *file)
{
	char path[PATHS_CAP];
	struct stat st;

	return join(path, directory, "/", file) && lstat(path, &st) == 0;
}

void
paths_runtime_find(const struct paths_options *options, char out[PATHS_CAP])
{
	struct stat st;

	for (unsigned n = 0; paths_runtime_candidate(options, n, out); n++) {
		if (is_in_public(out) &&
			(lstat(out, &st) != 0 || !is_ours(&st, out)))
			continue;
		if (holds(out, "status") || holds(out, "control"))
			return;
	}
	if (!paths_runtime_candidate(options, 0, out))
		out[0] = '\0';
}

static int
open_directory(const char *path)
{
	mode_t mode = is_in_public(path) ? 0700 : 0755;
	bool is_new = mkdir(path, mode) == 0;
	int why = errno;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		/* That it is not there is not why it cannot be made. */
		if (errno == ENOENT)
			errno = why;
		return -1;
	}
	/* The umask may have taken bits that clients need. */
	if (is_new && fchmod(fd, mode) != 0)
		goto close_fd;
	if (fstat(fd, &st) != 0)
		goto close_fd;
	if (!is_ours(&st, path)) {
		errno = EPERM;
		goto close_fd;
	}
	/* By the real user, who is the effective one here: to ask for that one
	 * takes a newer system call, which a filter may forbid. */
	if (faccessat(fd, ".", W_OK | X_OK, 0) != 0)
		goto close_fd;
	return fd;
close_fd:
	close(fd);
	return -1;
}

int
paths_runtime_open(const struct paths_options *options, char out[PATHS_CAP])
{
	int first = ENAMETOOLONG;

	for (unsigned n = 0; paths_runtime_candidate(options, n, out); n++) {
		int fd = open_directory(out);

		if (fd >= 0) {
			errno = n == 0 ? 0 : first;
			return fd;
		}
		if (n == 0)
			first = errno;
	}
	/* What was tried first is what was meant. */
	errno = first;
	return -1;
}

int
paths_can_write(const char *path)
{
	char part[PATHS_CAP];
	char *slash;

	if (strlen(path) >= sizeof(part))
		return ENAMETOOLONG;
	memcpy(part, path, strlen(path) + 1);
	while (access(part, W_OK | X_OK) != 0) {
		if (errno != ENOENT)
			return errno;
		slash = strrchr(part, '/');
		if (!slash)
			return access(".", W_OK | X_OK) == 0 ? 0 : errno;
		slash[slash == part] = '\0';
		if (strcmp(part, "/") == 0)
			return access(part, W_OK | X_OK) == 0 ? 0 : errno;
	}
	return 0;
}

int
paths_runtime_try(const char *path, bool *is_new)
{
	int dir_fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int error = 0;

	*is_new = dir_fd < 0 && errno == ENOENT;
	if (dir_fd < 0 && !*is_new)
		return errno;
	if (*is_new) {
		/* mkdir() makes one directory, and nothing above it. */
		char above[PATHS_CAP];
		char *slash;

		if (!join(above, path, "", ""))
			return ENAMETOOLONG;
		slash = strrchr(above, '/');
		if (slash)
			slash[slash == above] = '\0';
		return access(slash ? above : ".", W_OK | X_OK) == 0 ? 0
								     : errno;
	}
	if (fstat(dir_fd, &st) == 0 && !is_ours(&st, path))
		error = EPERM;
	else if (faccessat(dir_fd, ".", W_OK | X_OK, 0) != 0)
		error = errno;
	close(dir_fd);
	return error;
}

unsigned
paths_config(
	const struct paths_options *options, char out[PATHS_ROOTS][PATHS_CAP])
{
	static const char *const standard[PATHS_ROOTS] = {
		"/etc/tend", "/run/tend", "/usr/lib/tend"};
	const char *root = options->root ? options->root : "";
	const char *asked = options->config;

	if (!asked)
		asked = getenv("TEND_CONFIG");
	if (asked && *asked) {
		(void)join(out[0], root, asked, "");
		return 1;
	}
	if (options->is_user) {
		char path[PATHS_CAP];

		join_home(path, "XDG_CONFIG_HOME", "/.config");
		(void)join(out[0], root, path, "");
		return 1;
	}
	for (unsigned i = 0; i < PATHS_ROOTS; i++)
		(void)join(out[i], root, standard[i], "");
	return PATHS_ROOTS;
}

void
paths_log(const struct paths_options *options, char out[PATHS_CAP])
{
	const char *asked = getenv("TEND_LOG");

	if (asked && *asked)
		(void)join(out, asked, "", "");
	else if (options->is_user)
		join_home(out, "XDG_STATE_HOME", "/.local/state");
	else
		(void)join(out, "/var/log/tend", "", "");
}

void
paths_state(const struct paths_options *options, char out[PATHS_CAP])
{
	const char *asked = getenv("TEND_STATE");

	if (asked && *asked)
		(void)join(out, asked, "", "");
	else if (options->is_user)
		join_home(out, "XDG_DATA_HOME", "/.local/share");
	else
		(void)join(out, "/var/lib/tend", "", "");
}

bool
paths_is_relative(const char *path)
{
	return path && *path && *path != '/';
}

bool
paths_are_relative(const struct paths_options *options)
{
	static const char *const names[] = {
		"TEND_CONFIG", "TEND_RUNTIME", "TEND_LOG", "TEND_STATE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (paths_is_relative(getenv(names[i])))
			return true;
	return paths_is_relative(options->config) ||
	       paths_is_relative(options->runtime);
}
