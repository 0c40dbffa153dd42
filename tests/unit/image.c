#include "tests/unit/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/state.h"

/* The image with its config roots: ROOT/etc/tend and so on. */
char image_root[64];
char image_message[4096];
char image_warnings[16384];
struct load image_load;
struct load_text image_all;

void
image_path(char out[512], const char *path)
{
	snprintf(out, 512, "%s/%s", image_root, path);
}

/* Makes the directories that path needs, below the image. */
void
image_dirs(const char *path)
{
	char full[512];

	image_path(full, path);
	for (char *p = full + strlen(image_root) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(full, 0755) != 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

void
image_put_bytes(const char *path, const char *text, size_t len)
{
	char full[512];
	FILE *file;

	image_dirs(path);
	image_path(full, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

void
image_put(const char *path, const char *text)
{
	image_put_bytes(path, text, strlen(text));
}

void
image_link(const char *path, const char *target)
{
	char full[512];

	image_dirs(path);
	image_path(full, path);
	assert_int_equal(symlink(target, full), 0);
}

void
image_mode(const char *path, mode_t mode)
{
	char full[512];

	image_path(full, path);
	assert_int_equal(chmod(full, mode), 0);
}

void
image_keep_warning(const char *text)
{
	strcat(image_warnings, text);
	strcat(image_warnings, "\n");
}

/*
 * Opens and loads the image; returns how many services. Each section must be
 * what load_service gives for its name.
 */
int
image_reload(void)
{
	struct paths_options options = {.root = image_root};
	struct loaded_section section;
	size_t at = 0;
	bool is_broken;
	int count, seen = 0;

	load_close(&image_load);
	free(image_all.bytes);
	memset(&image_all, 0, sizeof(image_all));
	image_warnings[0] = image_message[0] = '\0';
	if (load_open(&image_load, &options, image_message,
		    sizeof(image_message)))
		assert_string_equal(image_message, "");
	else
		assert_string_not_equal(image_message, "");
	count = load_all(&image_load, &image_all, image_keep_warning);
	while (loaded_next(
		image_all.bytes, image_all.len, &at, &section, &is_broken)) {
		const char *end = section.bytes + section.len;
		struct load_text one = {0};

		assert_true(load_service(&image_load, section.name, &one));
		if (one.len > at ||
			memcmp(end - one.len, one.bytes, one.len) != 0)
			fail_msg("%.*s\nis not what it is in\n%.*s",
				(int)one.len, one.bytes, (int)image_all.len,
				image_all.bytes);
		free(one.bytes);
		seen++;
	}
	assert_false(is_broken);
	assert_int_equal(seen, count);
	return count;
}

bool
image_find(const char *name, struct loaded_section *section)
{
	size_t at = 0;
	bool is_broken;

	while (loaded_next(
		image_all.bytes, image_all.len, &at, section, &is_broken))
		if (strcmp(section->name, name) == 0)
			return true;
	return false;
}

/* The fragments of a service as text with the image's path cut out. */
const char *
image_section_of(const char *name)
{
	static char text[65536];
	struct loaded_section section;
	size_t len = 0, root_len = strlen(image_root);

	if (!image_find(name, &section))
		return "none";
	assert_true(section.len < sizeof(text));
	for (size_t i = 0; i < section.len;) {
		if (section.len - i > root_len &&
			memcmp(section.bytes + i, image_root, root_len) == 0)
			i += root_len;
		else
			text[len++] = section.bytes[i++];
	}
	text[len] = '\0';
	return text;
}

unsigned
image_enabled_of(const char *name)
{
	struct loaded_section section;

	assert_true(image_find(name, &section));
	return section.enabled;
}

/* The files of a service's fragments, each with its kind before it. */
const char *
image_files_of(const char *name)
{
	static char text[4096];
	struct loaded_section section;
	struct loaded_fragment fragment;
	size_t at = 0, len = 0;
	bool is_broken;

	if (!image_find(name, &section))
		return "none";
	text[0] = '\0';
	while (loaded_fragment_next(
		section.bytes, section.len, &at, &fragment, &is_broken)) {
		const char *file = fragment.file;

		if (strncmp(file, image_root, strlen(image_root)) == 0)
			file += strlen(image_root);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%c%.*s ", fragment.kind,
			(int)(fragment.file + fragment.file_len - file), file);
	}
	return text;
}

void
assert_starts(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)) != 0)
		fail_msg("'%s'\ndoes not begin with '%s'", text, start);
}

void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s'\nhas no '%s'", text, part);
}

int
image_setup(void **state)
{
	(void)state;
	umask(022);
	snprintf(image_root, sizeof(image_root), "/tmp/test_load.XXXXXX");
	return mkdtemp(image_root) == NULL;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
image_teardown(void **state)
{
	(void)state;
	load_close(&image_load);
	free(image_all.bytes);
	memset(&image_all, 0, sizeof(image_all));
	return nftw(image_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
