#include "svctl/logfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svctl/logline.h"
#include "svctl/when.h"

/* How often a directory may change under us before we take it as it is. */
#define TRIES 100

static struct logfile *
add(struct logfiles *files, const char *name, ino_t inode)
{
	struct logfile *file;

	if (files->count == files->cap) {
		unsigned cap = files->cap ? files->cap * 2 : 16;
		void *grown = realloc(files->file, cap * sizeof(*file));

		if (!grown)
			return NULL;
		files->file = grown;
		files->cap = cap;
	}
	file = &files->file[files->count++];
	memset(file, 0, sizeof(*file));
	memcpy(file->name, name, strlen(name));
	file->inode = inode;
	file->first_us = WHEN_NONE;
	return file;
}

/* One name of the directory. False: out of memory. */
static bool
take(struct logfiles *files, int dir_fd, const char *name)
{
	size_t len = strlen(name);
	const char *suffix = strrchr(name, '.');
	struct logfile *file;
	struct stat st;

	if (*name != '@' || !suffix || !strcmp(suffix, ".t") ||
		!strcmp(suffix, ".tmp") || len >= sizeof(file->name) ||
		fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(st.st_mode))
		return true;
	file = add(files, name, st.st_ino);
	if (!file)
		return false;
	if (!when_read_compact(name + 1, len - 1, &file->first_us))
		file->first_us = WHEN_NONE;
	file->is_packed =
		strcmp(suffix, ".s") != 0 && strcmp(suffix, ".u") != 0;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct logfile *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Of @X.s and @X.u, which hold the same, the first is enough. */
static void
drop_doubles(struct logfiles *files)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < files->count; i++) {
		const char *name = files->file[i].name;
		size_t len = strlen(name) - 2;

		if (!kept || strcmp(name + len, ".u") != 0 ||
			strncmp(files->file[kept - 1].name, name, len + 1) != 0)
			files->file[kept++] = files->file[i];
	}
	files->count = kept;
}

static bool
read_names(struct logfiles *files, int dir_fd)
{
	int own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;
	bool is_done = true;

	if (!dir) {
		if (own >= 0)
			close(own);
		return false;
	}
	files->count = 0;
	while (is_done && (errno = 0, entry = readdir(dir)))
		is_done = take(files, dir_fd, entry->d_name);
	if (errno)
		is_done = false;
	closedir(dir);
	return is_done;
}

/* 0: there is none. */
static ino_t
find_current(int dir_fd)
{
	struct stat st;

	if (fstatat(dir_fd, LOGFILES_CURRENT, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(st.st_mode))
		return 0;
	return st.st_ino;
}

bool
logfiles_list(struct logfiles *files, int dir_fd)
{
	unsigned before = 0;
	ino_t current = 0;

	/*
	 * While a directory is read, names come and go: of two files that were
	 * rotated meanwhile it may show the second alone. The same `current`
	 * before and after tells that none was; without one, two looks that
	 * show the same.
	 */
	for (unsigned i = 0; i < TRIES; i++) {
		current = find_current(dir_fd);
		if (!read_names(files, dir_fd))
			return false;
		if (find_current(dir_fd) == current &&
			(current || (i && files->count == before)))
			break;
		before = files->count;
	}
	if (files->count) {
		qsort(files->file, files->count, sizeof(*files->file), compare);
		drop_doubles(files);
	}
	return !current || logfiles_find(files, current) >= 0 ||
	       add(files, LOGFILES_CURRENT, current);
}

void
logfiles_free(struct logfiles *files)
{
	free(files->file);
	memset(files, 0, sizeof(*files));
}

int
logfiles_find(const struct logfiles *files, ino_t inode)
{
	for (unsigned i = 0; files->file && i < files->count; i++) {
		if (files->file[i].inode == inode)
			return (int)i;
	}
	return -1;
}

/* Takes note of the name that a file of the list has by now. */
static bool
find_again(struct logfile *file, int dir_fd)
{
	struct logfiles now = {NULL, 0, 0};
	bool is_there = false;

	if (logfiles_list(&now, dir_fd)) {
		int at = logfiles_find(&now, file->inode);

		is_there = at >= 0 && now.file;
		if (is_there)
			*file = now.file[at];
	}
	logfiles_free(&now);
	return is_there;
}

static bool
looks_packed(int fd)
{
	char head[8];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return n > 0 && logline_is_packed(head, (size_t)n);
}

int
logfiles_open(struct logfiles *files, unsigned index, int dir_fd)
{
	struct logfile *file = &files->file[index];

	for (unsigned i = 0; i < TRIES; i++) {
		int fd = openat(dir_fd, file->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				O_CLOEXEC);
		struct stat st;

		if (fd < 0 && errno != ENOENT)
			return -1;
		if (fd >= 0 && fstat(fd, &st) == 0 &&
			st.st_ino == file->inode) {
			if (looks_packed(fd))
				file->is_packed = true;
			return fd;
		}
		if (fd >= 0)
			close(fd);
		if (!find_again(file, dir_fd))
			break;
	}
	errno = ENOENT;
	return -1;
}
