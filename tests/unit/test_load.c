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
static char root[64];
static char message[4096];
static char warnings[16384];
static struct load load;
static struct load_text all;

static void
path_of(char out[512], const char *path)
{
	snprintf(out, 512, "%s/%s", root, path);
}

/* Makes the directories that path needs, below the image. */
static void
make_dirs(const char *path)
{
	char full[512];

	path_of(full, path);
	for (char *p = full + strlen(root) + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(full, 0755) != 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

static void
put_bytes(const char *path, const char *text, size_t len)
{
	char full[512];
	FILE *file;

	make_dirs(path);
	path_of(full, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void
put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void
link_to(const char *path, const char *target)
{
	char full[512];

	make_dirs(path);
	path_of(full, path);
	assert_int_equal(symlink(target, full), 0);
}

static void
set_mode(const char *path, mode_t mode)
{
	char full[512];

	path_of(full, path);
	assert_int_equal(chmod(full, mode), 0);
}

static void
keep_warning(const char *text)
{
	strcat(warnings, text);
	strcat(warnings, "\n");
}

/*
 * Opens and loads the image; returns how many services. Each section must be
 * what load_service gives for its name.
 */
static int
load_image(void)
{
	struct paths_options options = {.root = root};
	struct loaded_section section;
	size_t at = 0;
	bool is_broken;
	int count, seen = 0;

	load_close(&load);
	free(all.bytes);
	memset(&all, 0, sizeof(all));
	warnings[0] = message[0] = '\0';
	if (load_open(&load, &options, message, sizeof(message)))
		assert_string_equal(message, "");
	else
		assert_string_not_equal(message, "");
	count = load_all(&load, &all, keep_warning);
	while (loaded_next(all.bytes, all.len, &at, &section, &is_broken)) {
		const char *end = section.bytes + section.len;
		struct load_text one = {0};

		assert_true(load_service(&load, section.name, &one));
		if (one.len > at ||
			memcmp(end - one.len, one.bytes, one.len) != 0)
			fail_msg("%.*s\nis not what it is in\n%.*s",
				(int)one.len, one.bytes, (int)all.len,
				all.bytes);
		free(one.bytes);
		seen++;
	}
	assert_false(is_broken);
	assert_int_equal(seen, count);
	return count;
}

static bool
find(const char *name, struct loaded_section *section)
{
	size_t at = 0;
	bool is_broken;

	while (loaded_next(all.bytes, all.len, &at, section, &is_broken))
		if (strcmp(section->name, name) == 0)
			return true;
	return false;
}

/* The fragments of a service as text with the image's path cut out. */
static const char *
section_of(const char *name)
{
	static char text[65536];
	struct loaded_section section;
	size_t len = 0, root_len = strlen(root);

	if (!find(name, &section))
		return "none";
	assert_true(section.len < sizeof(text));
	for (size_t i = 0; i < section.len;) {
		if (section.len - i > root_len &&
			memcmp(section.bytes + i, root, root_len) == 0)
			i += root_len;
		else
			text[len++] = section.bytes[i++];
	}
	text[len] = '\0';
	return text;
}

static unsigned
enabled_of(const char *name)
{
	struct loaded_section section;

	assert_true(find(name, &section));
	return section.enabled;
}

/* The files of a service's fragments, each with its kind before it. */
static const char *
files_of(const char *name)
{
	static char text[4096];
	struct loaded_section section;
	struct loaded_fragment fragment;
	size_t at = 0, len = 0;
	bool is_broken;

	if (!find(name, &section))
		return "none";
	text[0] = '\0';
	while (loaded_fragment_next(
		section.bytes, section.len, &at, &fragment, &is_broken)) {
		const char *file = fragment.file;

		if (strncmp(file, root, strlen(root)) == 0)
			file += strlen(root);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%c%.*s ", fragment.kind,
			(int)(fragment.file + fragment.file_len - file), file);
	}
	return text;
}

static void
assert_starts(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)) != 0)
		fail_msg("'%s'\ndoes not begin with '%s'", text, start);
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s'\nhas no '%s'", text, part);
}

static int
setup(void **state)
{
	(void)state;
	umask(022);
	snprintf(root, sizeof(root), "/tmp/test_load.XXXXXX");
	return mkdtemp(root) == NULL;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	load_close(&load);
	free(all.bytes);
	memset(&all, 0, sizeof(all));
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define ETC "etc/tend/services/"
#define RUN "run/tend/services/"
#define LIB "usr/lib/tend/services/"

/* H31 */
static void
test_load_all_of_nothing_is_empty(void **state)
{
	(void)state;
	assert_int_equal(load_image(), 0);
	assert_int_equal(all.len, strlen(LOADED_HEADER));
	assert_string_equal(warnings, "");
	make_dirs(ETC);
	assert_int_equal(load_image(), 0);
	assert_true(load.settings.start_all);
	assert_false(load.settings.is_start_set);
}

static void
test_load_all_of_three_roots_takes_the_first_hit(void **state)
{
	(void)state;
	put(ETC "a", "command = etc\n");
	put(RUN "a", "command = run\n");
	put(RUN "b", "command = run # x\n\n# y\nuser = u\n");
	put(LIB "b", "command = lib\n");
	put(LIB "c", "command = lib");
	assert_int_equal(load_image(), 3);
	assert_string_equal(
		section_of("a"), "+ 14 /etc/tend/services/a\ncommand = etc\n");
	assert_string_equal(section_of("b"),
		"+ 26 /run/tend/services/b\ncommand = run \n\n\nuser = u\n");
	assert_string_equal(section_of("c"),
		"+ 14 /usr/lib/tend/services/c\ncommand = lib\n");
	assert_int_equal(enabled_of("a"), ENABLED_YES);
}

static void
test_load_all_of_dropins_orders_roots_and_names(void **state)
{
	(void)state;
	put(RUN "a", "command = x\n");
	put(ETC "a.d/10.conf", "user = e1\n");
	put(ETC "a.d/05.conf", "user = e0\n");
	put(LIB "a.d/99.conf", "user = l\n");
	put(RUN "a.d/50.conf", "user = r\n");
	put(ETC "a.d/x.conf.bak", "user = no\n");
	put(ETC "a.d/.x.conf", "user = no\n");
	put(ETC "a.d/x", "user = no\n");
	put(ETC "a.d/x.conf~", "user = no\n");
	link_to(ETC "a.d/70.conf", "/dev/null");
	put(ETC "gone.d/1.conf", "user = no\n");
	assert_int_equal(load_image(), 1);
	assert_string_equal(files_of("a"),
		"+/run/tend/services/a +/usr/lib/tend/services/a.d/99.conf "
		"+/run/tend/services/a.d/50.conf "
		"+/etc/tend/services/a.d/05.conf "
		"+/etc/tend/services/a.d/10.conf ");
}

static void
test_load_all_of_bad_definitions_keeps_the_others(void **state)
{
	(void)state;
	put(ETC "good", "command = x\n");
	put(ETC "typo", "command = x\ncomand = x\n");
	put(ETC "empty", "");
	put_bytes(ETC "nul", "command = a\0b\n", 14);
	put(ETC "dropin", "command = x\n");
	put(ETC "dropin.d/1.conf", "command = x\nuser = a b\n");
	assert_int_equal(load_image(), 5);
	assert_string_equal(files_of("good"), "+/etc/tend/services/good ");
	assert_starts(strchr(section_of("typo"), '\n') + 1,
		"/etc/tend/services/typo:2:1: unknown key 'comand'; did you ");
	assert_starts(strchr(section_of("empty"), '\n') + 1,
		"/etc/tend/services/empty: no command; ");
	assert_starts(strchr(section_of("nul"), '\n') + 1,
		"/etc/tend/services/nul:1:12: a NUL byte");
	assert_string_equal(
		files_of("dropin"), "!/etc/tend/services/dropin.d/1.conf ");
	assert_has(section_of("dropin"), "1.conf:2:9: ");
}

/* H39: a 1 MiB line, and more than a file may have */
static void
test_load_all_of_huge_files_refuses_them(void **state)
{
	size_t size = LOAD_FILE_MAX + 1;
	char *text = malloc(size);

	(void)state;
	memset(text, 'x', size);
	memcpy(text, "command = ", 10);
	put_bytes(ETC "line", text, LOAD_FILE_MAX);
	put_bytes(ETC "file", text, size);
	for (size_t i = 100; i < size; i += 100)
		memcpy(text + i, "\n#", 2);
	put_bytes(ETC "big", text, LOAD_FILE_MAX);
	assert_int_equal(load_image(), 3);
	assert_has(section_of("line"), "line:1: a line of more than 64 KiB");
	assert_has(section_of("file"), "file: longer than 1 MiB");
	assert_string_equal(files_of("big"), "+/etc/tend/services/big ");
	free(text);
}

static void
test_load_all_of_masked_services_says_by_what(void **state)
{
	(void)state;
	put(LIB "a", "command = x\n");
	link_to(ETC "a", "/dev/null");
	link_to(ETC "b", "/dev/null");
	assert_int_equal(load_image(), 2);
	assert_string_equal(section_of("a"), "~ 0 /etc/tend/services/a\n");
	assert_int_equal(enabled_of("a"), ENABLED_MASKED);
	assert_int_equal(enabled_of("b"), ENABLED_MASKED);
}

static void
test_load_all_of_links_follows_them(void **state)
{
	(void)state;
	put("etc/tend/available/a", "command = x\n");
	link_to(ETC "a", "../available/a");
	link_to(ETC "dangling", "../available/none");
	link_to(ETC "loop", "loop");
	link_to(ETC "null", "/dev/zero");
	assert_int_equal(load_image(), 4);
	assert_string_equal(files_of("a"), "+/etc/tend/services/a ");
	assert_has(section_of("dangling"), "a link to a file that is not");
	assert_has(section_of("loop"), "cannot be read: Too many");
	assert_has(section_of("null"), "not a regular file");
}

static void
test_load_all_of_a_fifo_does_not_block(void **state)
{
	char full[512];

	(void)state;
	make_dirs(ETC);
	path_of(full, ETC "pipe");
	assert_int_equal(mkfifo(full, 0600), 0);
	assert_int_equal(load_image(), 1);
	assert_has(section_of("pipe"), "services/pipe: not a regular file");
}

static void
test_load_all_of_directories_runs_their_script(void **state)
{
	char full[512];

	(void)state;
	put(ETC "a/run", "#!/bin/sh\n");
	set_mode(ETC "a/run", 0755);
	put(ETC "b/run", "#!/bin/sh\n");
	put(ETC "c/other", "x");
	put(LIB "c", "command = lib\n");
	path_of(full, ETC "dir");
	assert_int_equal(mkdir(full, 0755), 0);
	assert_int_equal(load_image(), 3);
	assert_string_equal(files_of("a"), "+/etc/tend/services/a/run ");
	assert_has(section_of("a"), "working-directory = /etc/tend/services/a\n"
				    "command = /etc/tend/services/a/run\n");
	assert_has(section_of("b"), "b/run: not executable; run: chmod +x ");
	assert_string_equal(files_of("c"), "+/usr/lib/tend/services/c ");
	assert_string_equal(section_of("dir"), "none");
	set_mode(ETC "a/run", 0775);
	set_mode(ETC "b", 0777);
	assert_int_equal(load_image(), 3);
	assert_has(section_of("a"), "a/run: others can write it");
	assert_has(section_of("b"), "services/b: others can write it");
}

/* H37 */
static void
test_load_all_of_odd_file_names_warns_or_ignores(void **state)
{
	char name[300] = ETC;

	(void)state;
	put(ETC "ok", "command = x\n");
	put(ETC ".hidden", "x");
	put(ETC "ok~", "x");
	put(ETC "ok.bak", "x");
	put(ETC "ok.dpkg-old", "x");
	put(ETC "tmpl@", "x");
	put(ETC "a b", "x");
	put(ETC "new\nline", "x");
	put(ETC "-x", "x");
	put(ETC "a%b", "x");
	make_dirs(ETC "x.wants/");
	memset(name + strlen(ETC), 'n', 128);
	put(name, "x");
	assert_int_equal(load_image(), 1);
	assert_has(warnings, "services/a?b: ignored; this cannot be the name");
	assert_has(warnings, "services/new?line: ignored; ");
	assert_has(warnings, "services/-x: ignored; ");
	assert_has(warnings, "services/a%b: ignored; ");
	assert_has(warnings, "services/x.wants: ignored; a .wants directory");
	assert_has(warnings, "services/nnnnnnnn");
	assert_null(strstr(warnings, "hidden"));
	assert_null(strstr(warnings, "tmpl"));
	assert_null(strstr(warnings, "ok"));
}

static void
test_load_service_of_bad_names_finds_nothing(void **state)
{
	static const char *const names[] = {"", "..", ".", "../services/a", "/",
		"a/b", "-x", "nope", "t@", "a.d", "b.bak", "a\n"};
	struct paths_options options = {.root = root};

	(void)state;
	put(ETC "a", "command = x\n");
	put(ETC "t@", "command = x\n");
	put(ETC "a.d/x.conf", "user = x\n");
	put(ETC "b.bak", "command = x\n");
	assert_true(load_open(&load, &options, message, sizeof(message)));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct load_text one = {0};

		if (load_service(&load, names[i], &one))
			fail_msg("found '%s'", names[i]);
		assert_int_equal(one.len, 0);
		free(one.bytes);
	}
}

static void
test_load_all_of_files_that_others_can_write_refuses(void **state)
{
	(void)state;
	put(ETC "a", "command = x\n");
	put(ETC "b", "command = x\n");
	put(ETC "c", "command = x\n");
	put(ETC "c.d/1.conf", "user = x\n");
	put(ETC "d", "command = x\n");
	put(ETC "d.d/1.conf", "user = x\n");
	put(LIB "e", "command = x\n");
	set_mode(ETC "a", 0664);
	set_mode(ETC "b", 0646);
	set_mode(ETC "c.d/1.conf", 0666);
	set_mode(ETC "d.d", 01777);
	assert_int_equal(load_image(), 5);
	assert_string_equal(files_of("a"), "!/etc/tend/services/a ");
	assert_has(section_of("a"), "/etc/tend/services/a: others can write "
				    "it; run: chmod go-w /etc/tend/services/a");
	assert_has(section_of("b"), "services/b: others can write it");
	assert_has(section_of("c"), "c.d/1.conf: others can write it");
	assert_has(section_of("d"), "services/d.d: others can write it");
	assert_string_equal(files_of("e"), "+/usr/lib/tend/services/e ");
	set_mode(ETC, 0775);
	assert_int_equal(load_image(), 5);
	assert_has(section_of("a"), "/etc/tend/services: others can write it");
	assert_string_equal(files_of("e"), "+/usr/lib/tend/services/e ");
	set_mode(ETC, 0755);
	set_mode("etc/tend", 01777);
	assert_int_equal(load_image(), 5);
	assert_has(section_of("d"), "/etc/tend: others can write it");
}

static void
test_load_all_of_files_of_others_refuses(void **state)
{
	char full[512];

	(void)state;
	if (geteuid() != 0)
		skip();
	put(ETC "a", "command = x\n");
	path_of(full, ETC "a");
	assert_int_equal(chown(full, 12345, 0), 0);
	assert_int_equal(load_image(), 1);
	assert_has(section_of("a"), "services/a: belongs to user 12345, who "
				    "could change it; run: chown 0 ");
}

static void
test_load_all_of_settings_puts_defaults_first(void **state)
{
	(void)state;
	put("usr/lib/tend/tend.conf", "default-user = lib\nstart = enabled\n"
				      "status-mode = 0640\n");
	put("etc/tend/tend.conf",
		"# c\nstart = all\n\n  default-stop-timeout = 3s # x\n"
		"default-environment = A=1 \\\n B=2\n"
		"control-group = adm\nservice-path = /srv/a  /srv/b\n"
		"default-user = etc\n");
	put(ETC "a", "command = x\n");
	put("srv/a/a", "command = no\n");
	put("srv/b/z", "command = z\n");
	put("srv/b/a.d/1.conf", "group = g\n");
	assert_int_equal(load_image(), 2);
	assert_string_equal(message, "");
	assert_true(load.settings.is_start_set);
	assert_true(load.settings.start_all);
	assert_string_equal(load.settings.control_group, "adm");
	assert_int_equal(load.settings.status_mode, 0640);
	assert_string_equal(section_of("a"),
		"+ 19 /usr/lib/tend/tend.conf\n        user = lib\n"
		"+ 85 /etc/tend/tend.conf\n\n\n\n"
		"          stop-timeout = 3s\n"
		"        environment = A=1 \\\n B=2\n\n\n"
		"        user = etc\n"
		"+ 12 /etc/tend/services/a\ncommand = x\n"
		"+ 10 /srv/b/a.d/1.conf\ngroup = g\n");
	assert_string_equal(files_of("z"),
		"+/usr/lib/tend/tend.conf +/etc/tend/tend.conf +/srv/b/z ");
}

static void
test_load_open_of_bad_settings_names_the_place(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"strat = all", ":1:1: unknown key 'strat'; did you mean "
				"'start'?"},
		{"foo = all", ":1:1: unknown key 'foo'; here start, "},
		{"start = some", ":1:9: 'some' is neither all nor enabled"},
		{"start = all\nstart = all", ":2:1: 'start' is set twice"},
		{"start all", ":1:1: no key and '='"},
		{"status-mode = 0666", ":1:15: not a mode such as 0644"},
		{"status-mode = 644x", ":1:15: "},
		{"status-mode = 44", ":1:15: "},
		{"status-mode = 0044", ":1:15: "},
		{"status-mode = 10644", ":1:15: "},
		{"control-group = a b", ":1:17: "},
		{"service-path = /a b", ":1:16: 'b' is not an absolute path"},
		{"default-usr = x", ":1:9: unknown key 'usr'; did you mean "
				    "'user'?"},
		{"\n\tdefault-user = a b", ":2:18: 'a b' is not one name"},
		{"default-user = a\ndefault-user = b", ":2:9: 'user' is "},
		{"default- = a", ":1:1: unknown key 'default-'"},
		{"default-stop-timeout = \\\n  x", ":2:3: 'x' is no duration"},
		{"start =", ":1:8: '' is neither"},
		{"a\x01", ":1:2: a control byte"},
	};

	(void)state;
	put(ETC "a", "command = x\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("etc/tend/tend.conf", rows[i].text);
		assert_int_equal(load_image(), 1);
		assert_starts(message, root);
		assert_starts(message + strlen(root), "/etc/tend/tend.conf");
		assert_starts(message + strlen(root) + 19, rows[i].error);
		assert_false(load.settings.is_start_set);
		assert_string_equal(files_of("a"), "+/etc/tend/services/a ");
	}
	put("etc/tend/tend.conf", "start = enabled\n");
	set_mode("etc/tend/tend.conf", 0666);
	assert_int_equal(load_image(), 1);
	assert_has(message, "tend.conf: others can write it");
	assert_false(load.settings.is_start_set);
}

static void
test_load_all_with_wants_enables_and_adds_edges(void **state)
{
	(void)state;
	put(ETC "default", "type = target\n");
	put(LIB "multi", "type = target\n");
	put(LIB "web", "command = x\n");
	put(LIB "db", "command = x\n");
	put(LIB "ntp", "command = x\n");
	put(LIB "off", "command = x\nautostart = no\n");
	link_to("etc/tend/default.wants/web", "../../lib/x");
	put("etc/tend/default.wants/db", "");
	put("etc/tend/default.wants/multi", "");
	put("etc/tend/default.wants/.x", "");
	put("usr/lib/tend/default.wants/ntp", "");
	put("usr/lib/tend/default.wants/web", "");
	link_to("run/tend/default.wants/ntp", "/dev/null");
	put("usr/lib/tend/multi.wants/ghost", "");
	put("usr/lib/tend/nobody.wants/ntp", "");
	assert_int_equal(load_image(), 6);
	assert_false(load.settings.start_all);
	assert_string_equal(section_of("default"),
		"+ 14 /etc/tend/services/default\ntype = target\n"
		"+ 37 /etc/tend/default.wants\n"
		"wants = db\nwants = multi\nwants = web\n");
	assert_has(section_of("multi"),
		"+ 14 /usr/lib/tend/multi.wants\nwants = ghost\n");
	assert_int_equal(enabled_of("web"), ENABLED_YES);
	assert_int_equal(enabled_of("db"), ENABLED_YES);
	assert_int_equal(enabled_of("ntp"), ENABLED_YES); /* nobody.wants */
	assert_int_equal(enabled_of("off"), ENABLED_NO);
	assert_int_equal(enabled_of("default"), ENABLED_YES);
	put("etc/tend/tend.conf", "start = all\n");
	assert_int_equal(load_image(), 6);
	assert_null(strstr(section_of("default"), "wants"));
	assert_int_equal(enabled_of("ntp"), ENABLED_YES);
	assert_int_equal(enabled_of("off"), ENABLED_NO);
}

static void
test_load_all_with_wants_taken_away_disables(void **state)
{
	(void)state;
	put(ETC "default", "type = target\n");
	put(LIB "ntp", "command = x\n");
	put("usr/lib/tend/default.wants/ntp", "");
	link_to("etc/tend/default.wants/ntp", "/dev/null");
	assert_int_equal(load_image(), 2);
	assert_int_equal(enabled_of("ntp"), ENABLED_NO);
	assert_null(strstr(section_of("default"), "wants"));
}

static void
test_load_all_with_wants_that_others_can_write_warns(void **state)
{
	(void)state;
	put(ETC "default", "type = target\n");
	put(ETC "a", "command = x\n");
	put("etc/tend/default.wants/a", "");
	set_mode("etc/tend/default.wants", 0777);
	assert_int_equal(load_image(), 2);
	assert_int_equal(enabled_of("a"), ENABLED_NO);
	assert_has(warnings, "default.wants: others can write it");
}

/* H31: an unreadable directory */
static void
test_load_all_of_an_unreadable_place_warns_and_goes_on(void **state)
{
	(void)state;
	put("etc/tend/services", "not a directory\n");
	put(LIB "a", "command = x\n");
	assert_int_equal(load_image(), 1);
	assert_has(warnings, "/etc/tend/services: cannot be read: Not a dir");
	assert_string_equal(files_of("a"), "+/usr/lib/tend/services/a ");
	if (geteuid() == 0)
		return;
	put(RUN "b", "command = x\n");
	set_mode(RUN, 0);
	assert_int_equal(load_image(), 1);
	assert_has(warnings, "/run/tend/services: cannot be read: Permission");
	set_mode(RUN, 0755);
}

static void
test_load_all_of_odd_paths_quotes_the_script(void **state)
{
	struct paths_options options = {0};
	char config[128], run[256];
	struct loaded_section section;

	(void)state;
	snprintf(config, sizeof(config), "%s/o'd d%%n #$x", root);
	put("o'd d%n #$x/services/a/run", "#!/bin/sh\n");
	set_mode("o'd d%n #$x/services/a/run", 0755);
	options.config = config;
	assert_true(load_open(&load, &options, message, sizeof(message)));
	assert_int_equal(load_all(&load, &all, NULL), 1);
	assert_true(find("a", &section));
	assert_int_equal(section.bytes[0], '+');
	snprintf(run, sizeof(run),
		"command = '%s/o'\\''d d%%n #$x/services/"
		"a/run'",
		root);
	assert_non_null(memmem(section.bytes, section.len, run, strlen(run)));
}

static void
test_load_open_of_a_path_with_a_newline_reads_nothing(void **state)
{
	struct paths_options options = {.config = "/tmp/a\nb"};

	(void)state;
	assert_false(load_open(&load, &options, message, sizeof(message)));
	assert_int_equal(load.roots, 0);
	assert_int_equal(load_all(&load, &all, NULL), 0);
}

static void
test_load_all_of_many_services_is_sorted(void **state)
{
	struct loaded_section section;
	char last[NAME_CAP] = "", name[64];
	size_t at = 0;
	bool is_broken;

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%ss%d", i % 2 ? ETC : LIB,
			i * 7919 % 1000);
		put(name, "command = x\n");
	}
	assert_int_equal(load_image(), 300);
	while (loaded_next(all.bytes, all.len, &at, &section, &is_broken)) {
		assert_true(strcmp(last, section.name) < 0);
		strcpy(last, section.name);
	}
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load_all_of_nothing_is_empty),
		TEST(test_load_all_of_three_roots_takes_the_first_hit),
		TEST(test_load_all_of_dropins_orders_roots_and_names),
		TEST(test_load_all_of_bad_definitions_keeps_the_others),
		TEST(test_load_all_of_huge_files_refuses_them),
		TEST(test_load_all_of_masked_services_says_by_what),
		TEST(test_load_all_of_links_follows_them),
		TEST(test_load_all_of_a_fifo_does_not_block),
		TEST(test_load_all_of_directories_runs_their_script),
		TEST(test_load_all_of_odd_file_names_warns_or_ignores),
		TEST(test_load_service_of_bad_names_finds_nothing),
		TEST(test_load_all_of_files_that_others_can_write_refuses),
		TEST(test_load_all_of_files_of_others_refuses),
		TEST(test_load_all_of_settings_puts_defaults_first),
		TEST(test_load_open_of_bad_settings_names_the_place),
		TEST(test_load_all_with_wants_enables_and_adds_edges),
		TEST(test_load_all_with_wants_taken_away_disables),
		TEST(test_load_all_with_wants_that_others_can_write_warns),
		TEST(test_load_all_of_an_unreadable_place_warns_and_goes_on),
		TEST(test_load_all_of_odd_paths_quotes_the_script),
		TEST(test_load_open_of_a_path_with_a_newline_reads_nothing),
		TEST(test_load_all_of_many_services_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
