#include "lib/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/load.h"

bool
source_is_safe(const char *path, const struct stat *st, char *problem)
{
	struct fmt f;

	fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		fmt_printf(&f,
			"%s: belongs to user %lu, who could change it; "
			"run: chown %lu %s",
			path, (unsigned long)st->st_uid,
			(unsigned long)geteuid(), path);
		return false;
	}
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		fmt_printf(&f, "%s: others can write it; run: chmod go-w %s",
			path, path);
		return false;
	}
	return true;
}

void
source_unreadable(const char *path, int err, char *problem)
{
	struct fmt f;

	fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
	errno = err;
	fmt_printf(&f, "%s: cannot be read: %m", path);
}

static enum source_result
fail(const char *path, int err, char *problem)
{
	if (err == ENOENT)
		return SOURCE_NONE;
	source_unreadable(path, err, problem);
	return SOURCE_BAD;
}

enum source_result
source_open_dir(
	int at, const char *name, const char *path, int *fd, char *problem)
{
	struct stat st;

	*fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail(path, errno, problem);
	if (fstat(*fd, &st) == 0 && source_is_safe(path, &st, problem))
		return SOURCE_OK;
	close(*fd);
	*fd = -1;
	return SOURCE_BAD;
}

bool
source_is_null_link(int at, const char *name)
{
	char target[16];
	ssize_t n = readlinkat(at, name, target, sizeof(target));

	return n == 9 && memcmp(target, "/dev/null", 9) == 0;
}

static enum source_result
read_all(int fd, const char *path, off_t size, char *bytes, size_t *len,
	char *problem)
{
	struct fmt f;

	*len = 0;
	while (*len <= LOAD_FILE_MAX) {
		ssize_t n = read(fd, bytes + *len, LOAD_FILE_MAX + 1 - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(path, errno, problem);
		if (n == 0)
			return SOURCE_OK;
		*len += (size_t)n;
		/* With thousands of files, asking for the end counts. */
		if (*len == (size_t)size && size <= (off_t)LOAD_FILE_MAX)
			return SOURCE_OK;
	}
	fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
	fmt_printf(&f, "%s: longer than 1 MiB; is it a definition?", path);
	return SOURCE_BAD;
}

enum source_result
source_read(int at, const char *name, const char *path, char *bytes,
	size_t *len, char *problem)
{
	enum source_result result = SOURCE_BAD;
	struct stat st;
	struct fmt f;
	int fd;

	/* Opening a device may do something, so look first. */
	if (fstatat(at, name, &st, 0) != 0) {
		int err = errno;

		if (err == ENOENT &&
			fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			goto dangling;
		return fail(path, err, problem);
	}
	if (!S_ISREG(st.st_mode)) {
		if (source_is_null_link(at, name))
			return SOURCE_EMPTY;
		fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
		fmt_printf(&f, "%s: not a regular file", path);
		return SOURCE_BAD;
	}
	fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail(path, errno, problem);
	if (fstat(fd, &st) != 0)
		result = fail(path, errno, problem);
	else if (source_is_safe(path, &st, problem))
		result = read_all(fd, path, st.st_size, bytes, len, problem);
	close(fd);
	return result;
dangling:
	if (source_is_null_link(at, name))
		return SOURCE_EMPTY;
	fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
	fmt_printf(&f, "%s: a link to a file that is not there", path);
	return SOURCE_BAD;
}

/* Doubles what *base points to until it has room for need items. */
static bool
grow(void **base, size_t *cap, size_t need, size_t item_size)
{
	size_t wanted = *cap == 0 ? 64 : *cap;
	void *grown;

	if (need <= *cap)
		return true;
	while (wanted < need)
		wanted *= 2;
	grown = realloc(*base, wanted * item_size);
	if (grown == NULL)
		return false;
	*base = grown;
	*cap = wanted;
	return true;
}

bool
listing_add(
	struct listing *list, const char *name, size_t len, int tag, int place)
{
	void *blob = list->blob, *item = list->item;
	bool is_done =
		grow(&blob, &list->blob_cap, list->blob_len + len + 1, 1) &&
		grow(&item, &list->cap, list->len + 1, sizeof(*list->item));

	list->blob = blob;
	list->item = item;
	if (!is_done)
		return false;
	list->item[list->len++] = (struct listed){
		.offset = list->blob_len,
		.tag = (uint8_t)tag,
		.place = (uint8_t)place,
	};
	memcpy(list->blob + list->blob_len, name, len);
	list->blob[list->blob_len + len] = '\0';
	list->blob_len += len + 1;
	return true;
}

static int
compare(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (order != 0)
		return order;
	if (a->tag != b->tag)
		return a->tag - b->tag;
	return a->place - b->place;
}

void
listing_sort(struct listing *list)
{
	for (size_t i = 0; i < list->len; i++)
		list->item[i].name = list->blob + list->item[i].offset;
	if (list->len > 0)
		qsort(list->item, list->len, sizeof(*list->item), compare);
}

bool
listing_has(const struct listing *list, const char *name)
{
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, list->item[middle].name);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

void
listing_finish(struct listing *list)
{
	free(list->blob);
	free(list->item);
	memset(list, 0, sizeof(*list));
}

int
listing_read(struct listing *list, int fd, int place)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;
	int err = 0;

	if (dir == NULL) {
		err = errno;
		if (own >= 0)
			close(own);
		return err;
	}
	while (err == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (!listing_add(
			    list, name, strlen(name), entry->d_type, place))
			err = ENOMEM;
	}
	if (err == 0)
		err = errno;
	closedir(dir);
	return err;
}
