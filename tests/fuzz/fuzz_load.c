/*
 * lib/load.h, and below it settings, text, scan and source: files of a config
 * root with any bytes, and any allocation may fail. What is loaded can be read
 * again, whole and sorted, and is the same for one service as for all.
 * Input, form feeds between: tend.conf, services/a, a drop-in of it, and a
 * file whose name is its first line; beside them a template t@ and a run
 * directory r.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/text.h"
#include "tests/fuzz/failing.h"
#include "tests/fuzz/fuzz.h"

#define PARTS 4

static char root[64];
static char files[PARTS][400] = {"tend.conf", "services/a", "services/a.d/b"};

static void
remove_all(void)
{
	static const char *const fixed[] = {"services/t@", "services/r/run"};
	static const char *const dirs[] = {"services/a.d", "services/x.d",
		"default.wants", "services/r/env", "services/r/dependencies.d",
		"services/r/control", "services/r/log", "services/r",
		"services", ""};
	char path[512];

	for (unsigned i = 0; i < PARTS; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, files[i]);
		unlink(path);
	}
	for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, fixed[i]);
		unlink(path);
	}
	for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		rmdir(path);
	}
}

static void
make_file(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void
make_rest(void)
{
	static const char *const dirs[] = {
		"r", "r/env", "r/dependencies.d", "r/control", "r/log"};
	char path[128];

	for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/services/%s", root, dirs[i]);
		REQUIRE(mkdir(path, 0755) == 0);
	}
	make_file("services/r/run", "");
	make_file("services/t@", "command = t %I\nwants = t@z r\n");
}

static void
make_root(void)
{
	char path[128];

	if (*root != '\0')
		return;
	strcpy(root, "/dev/shm/tend-fuzz-XXXXXX");
	if (mkdtemp(root) == NULL) {
		strcpy(root, "/tmp/tend-fuzz-XXXXXX");
		REQUIRE(mkdtemp(root) != NULL);
	}
	snprintf(path, sizeof(path), "%s/services", root);
	REQUIRE(mkdir(path, 0755) == 0);
	snprintf(path, sizeof(path), "%s/services/a.d", root);
	REQUIRE(mkdir(path, 0755) == 0);
	snprintf(path, sizeof(path), "%s/services/x.d", root);
	REQUIRE(mkdir(path, 0755) == 0);
	snprintf(path, sizeof(path), "%s/default.wants", root);
	REQUIRE(mkdir(path, 0755) == 0);
	make_rest();
	atexit(remove_all);
}

/*
 * Names that no directory can have are not tried. What begins with ! others
 * may change; what is empty is not there.
 */
static void
put(unsigned part, const uint8_t *data, size_t len)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, files[part]);
	unlink(path);
	if (len == 0 && part != 1)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	REQUIRE(write(fd, data, len) == (ssize_t)len);
	REQUIRE(fchmod(fd, len > 0 && *data == '!' ? 0666 : 0755) == 0);
	close(fd);
}

/*
 * Where a directory is that the first byte of a name stands for, and what can
 * be in it; the slash stands for another one.
 */
static const char *
directory_of(const char *name)
{
	static const struct {
		char letter;
		const char *dir;
	} dirs[] = {{'x', "services/x.d"}, {'w', "default.wants"},
		{'r', "services/r"}, {'e', "services/r/env"},
		{'d', "services/r/dependencies.d"}, {'c', "services/r/control"},
		{'l', "services/r/log"}};

	for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dirs[i].letter == *name)
			return dirs[i].dir;
	return "services";
}

/* In one of those directories. */
static void
put_named(const uint8_t *data, size_t len)
{
	const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
	size_t name_len = end ? (size_t)(end - data) : len;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, files[3]);
	unlink(path);
	files[3][0] = '\0';
	for (size_t i = 0; i < name_len; i++)
		if (data[i] == '\0' || data[i] == '/' || name_len > 255)
			return;
	if (name_len < 2 || data[0] == '.')
		return;
	snprintf(files[3], sizeof(files[3]), "%s/%.*s",
		directory_of((const char *)data), (int)name_len - 1,
		(const char *)data + 1);
	/* These stay. */
	if (strcmp(files[3], "services/t@") == 0 ||
		strcmp(files[3], "services/r/run") == 0) {
		files[3][0] = '\0';
		return;
	}
	/* It would be taken away with the next input, after that was put. */
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(files[3], files[i]) == 0) {
			files[3][0] = '\0';
			return;
		}
	put(3, data + name_len + (end != NULL), len - name_len - (end != NULL));
}

static void
warn(const char *message)
{
	REQUIRE(*message != '\0');
}

static void
check_all(struct load *load, const struct load_text *all, int count)
{
	struct loaded_section section;
	struct load_text one = {0};
	char last[NAME_CAP] = "";
	bool is_broken;
	size_t at = 0;
	int found = 0;

	while (loaded_next(all->bytes, all->len, &at, &section, &is_broken)) {
		REQUIRE(strcmp(last, section.name) < 0);
		strcpy(last, section.name);
		one.len = 0;
		/* What is only wanted has no definition. */
		REQUIRE(load_service(load, section.name, &one));
		REQUIRE(at >= one.len && memcmp(all->bytes + at - one.len,
						 one.bytes, one.len) == 0);
		found++;
	}
	REQUIRE(!is_broken && at == all->len && found == count);
	free(one.bytes);
}

static int
load_it(struct load *load, struct load_text *all)
{
	struct paths_options options = {.config = root};
	char message[256];
	int count;

	memset(all, 0, sizeof(*all));
	if (!load_open(load, &options, message, sizeof(message))) {
		REQUIRE(message[0] != '\0');
		REQUIRE(load->defaults == NULL);
		REQUIRE(load->settings.status_mode == 0 &&
			!load->settings.is_start_set);
	}
	count = load_all(load, all, warn);
	REQUIRE(count >= -1);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	struct load_text all;
	struct load load;
	uint32_t allocations;
	int count;

	make_root();
	for (unsigned i = 0; i < PARTS; i++) {
		size_t len = (size_t)(fuzz_part(data, end) - data);

		if (i < 3)
			put(i, data, len);
		else
			put_named(data, len);
		data += len + (data + len < end);
	}
	failing_begin(FAILING_NONE);
	count = load_it(&load, &all);
	allocations = failing_end();
	REQUIRE(count >= 1);
	check_all(&load, &all, count);
	load_close(&load);
	free(all.bytes);

	failing_begin(fuzz_pick(end - size, size, allocations));
	load_it(&load, &all);
	failing_end();
	load_close(&load);
	free(all.bytes);
	return 0;
}
