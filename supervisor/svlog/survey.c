#include "supervisor/svlog/survey.h"

#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/name.h"
#include "supervisor/svlog/file.h"
#include "supervisor/svlog/listing.h"
#include "supervisor/svlog/rotate.h"

void
survey_dir(int dir_fd, struct rotate_survey *survey)
{
	struct listing list;
	const char *name;
	struct stat st;

	listing_begin(&list, dir_fd);
	while ((name = listing_next(&list)))
		if (rotate_kind_of(name) != ROTATE_OTHER &&
			fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			rotate_see(survey, name, (uint64_t)st.st_size);
}

/* Without their sizes, which take a system call each. */
static void
survey_names(int dir_fd, struct rotate_survey *survey)
{
	struct listing list;
	const char *name;

	listing_begin(&list, dir_fd);
	while ((name = listing_next(&list)))
		rotate_see(survey, name, 0);
}

void
survey_keep(int dir_fd, uint32_t keep)
{
	for (;;) {
		struct rotate_survey survey = {.files = 0};

		survey_names(dir_fd, &survey);
		if (survey.files <= keep ||
			unlinkat(dir_fd, survey.oldest, 0) != 0)
			return;
		if (survey.files == keep + 1)
			return;
	}
}

/* The oldest of all directories, and in which it is. */
struct whole {
	struct rotate_survey survey;
	char name[NAME_CAP];
};

static int
open_dir(const struct file_base *base, const char *name)
{
	return openat(base->fd, name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void
add(const struct file_base *base, struct whole *whole, const char *name)
{
	struct rotate_survey survey = {.files = 0};
	int fd = open_dir(base, name);

	if (fd < 0)
		return;
	survey_dir(fd, &survey);
	close(fd);
	whole->survey.files += survey.files;
	whole->survey.bytes += survey.bytes;
	if (survey.files == 0 ||
		(whole->survey.oldest[0] != '\0' &&
			strcmp(survey.oldest, whole->survey.oldest) >= 0))
		return;
	memcpy(whole->survey.oldest, survey.oldest, sizeof(survey.oldest));
	whole->survey.oldest_bytes = survey.oldest_bytes;
	memcpy(whole->name, name, strlen(name) + 1);
}

static void
survey_base(const struct file_base *base, struct whole *whole)
{
	struct listing list;
	const char *name;
	int fd;

	memset(whole, 0, sizeof(*whole));
	if (base->is_single) {
		add(base, whole, ".");
		return;
	}
	fd = open_dir(base, ".");
	if (fd < 0)
		return;
	listing_begin(&list, fd);
	while ((name = listing_next(&list)))
		if (name_is_valid(name, strlen(name)))
			add(base, whole, name);
	close(fd);
}

static bool
remove_from(const struct file_base *base, const char *dir, const char *name)
{
	int fd = open_dir(base, dir);
	bool is_done = fd >= 0 && name[0] != '\0' && unlinkat(fd, name, 0) == 0;

	if (fd >= 0)
		close(fd);
	return is_done;
}

uint64_t
survey_bound(const struct file_base *base)
{
	struct whole whole;

	for (;;) {
		survey_base(base, &whole);
		if (base->max_total == 0 ||
			whole.survey.bytes <= base->max_total ||
			!remove_from(base, whole.name, whole.survey.oldest))
			return whole.survey.bytes;
	}
}

bool
survey_remove(const struct file_base *base, const char *name)
{
	struct whole whole;

	if (name) {
		memset(&whole, 0, sizeof(whole));
		add(base, &whole, name);
	} else {
		survey_base(base, &whole);
	}
	return remove_from(base, whole.name, whole.survey.oldest);
}

void
survey_unfinished(int dir_fd)
{
	struct listing list;
	const char *name;

	listing_begin(&list, dir_fd);
	while ((name = listing_next(&list))) {
		char finished[ROTATE_NAME_LEN + 1];
		enum rotate_kind kind = rotate_kind_of(name);

		if (kind == ROTATE_WRITTEN)
			unlinkat(dir_fd, name, 0);
		if (kind != ROTATE_READ)
			continue;
		memcpy(finished, name, sizeof(finished));
		finished[ROTATE_NAME_LEN - 1] = 's';
		renameat(dir_fd, name, dir_fd, finished);
	}
}
