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
#include "tests/unit/image.h"

/* H31 */
static void
test_load_all_of_nothing_is_empty(void **state)
{
	(void)state;
	assert_int_equal(image_reload(), 0);
	assert_int_equal(image_all.len, strlen(LOADED_HEADER));
	assert_string_equal(image_warnings, "");
	image_dirs(ETC);
	assert_int_equal(image_reload(), 0);
	assert_true(image_load.settings.start_all);
	assert_false(image_load.settings.is_start_set);
}

static void
test_load_all_of_three_roots_takes_the_first_hit(void **state)
{
	(void)state;
	image_put(ETC "a", "command = etc\n");
	image_put(RUN "a", "command = run\n");
	image_put(RUN "b", "command = run # x\n\n# y\nuser = u\n");
	image_put(LIB "b", "command = lib\n");
	image_put(LIB "c", "command = lib");
	assert_int_equal(image_reload(), 3);
	assert_string_equal(image_section_of("a"),
		"+ 14 /etc/tend/services/a\ncommand = etc\n");
	assert_string_equal(image_section_of("b"),
		"+ 26 /run/tend/services/b\ncommand = run \n\n\nuser = u\n");
	assert_string_equal(image_section_of("c"),
		"+ 14 /usr/lib/tend/services/c\ncommand = lib\n");
	assert_int_equal(image_enabled_of("a"), ENABLED_YES);
}

static void
test_load_all_of_dropins_orders_roots_and_names(void **state)
{
	(void)state;
	image_put(RUN "a", "command = x\n");
	image_put(ETC "a.d/10.conf", "user = e1\n");
	image_put(ETC "a.d/05.conf", "user = e0\n");
	image_put(LIB "a.d/99.conf", "user = l\n");
	image_put(RUN "a.d/50.conf", "user = r\n");
	image_put(ETC "a.d/x.conf.bak", "user = no\n");
	image_put(ETC "a.d/.x.conf", "user = no\n");
	image_put(ETC "a.d/x", "user = no\n");
	image_put(ETC "a.d/x.conf~", "user = no\n");
	image_link(ETC "a.d/70.conf", "/dev/null");
	image_put(ETC "gone.d/1.conf", "user = no\n");
	assert_int_equal(image_reload(), 1);
	assert_string_equal(image_files_of("a"),
		"+/run/tend/services/a +/usr/lib/tend/services/a.d/99.conf "
		"+/run/tend/services/a.d/50.conf "
		"+/etc/tend/services/a.d/05.conf "
		"+/etc/tend/services/a.d/10.conf ");
}

static void
test_load_all_of_bad_definitions_keeps_the_others(void **state)
{
	(void)state;
	image_put(ETC "good", "command = x\n");
	image_put(ETC "typo", "command = x\ncomand = x\n");
	image_put(ETC "empty", "");
	image_put_bytes(ETC "nul", "command = a\0b\n", 14);
	image_put(ETC "dropin", "command = x\n");
	image_put(ETC "dropin.d/1.conf", "command = x\nuser = a b\n");
	assert_int_equal(image_reload(), 5);
	assert_string_equal(
		image_files_of("good"), "+/etc/tend/services/good ");
	assert_starts(strchr(image_section_of("typo"), '\n') + 1,
		"/etc/tend/services/typo:2:1: unknown key 'comand'; did you ");
	assert_starts(strchr(image_section_of("empty"), '\n') + 1,
		"/etc/tend/services/empty: no command; ");
	assert_starts(strchr(image_section_of("nul"), '\n') + 1,
		"/etc/tend/services/nul:1:12: a NUL byte");
	assert_string_equal(image_files_of("dropin"),
		"!/etc/tend/services/dropin.d/1.conf ");
	assert_has(image_section_of("dropin"), "1.conf:2:9: ");
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
	image_put_bytes(ETC "line", text, LOAD_FILE_MAX);
	image_put_bytes(ETC "file", text, size);
	for (size_t i = 100; i < size; i += 100)
		memcpy(text + i, "\n#", 2);
	image_put_bytes(ETC "big", text, LOAD_FILE_MAX);
	assert_int_equal(image_reload(), 3);
	assert_has(
		image_section_of("line"), "line:1: a line of more than 64 KiB");
	assert_has(image_section_of("file"), "file: longer than 1 MiB");
	assert_string_equal(image_files_of("big"), "+/etc/tend/services/big ");
	free(text);
}

static void
test_load_all_of_masked_services_says_by_what(void **state)
{
	(void)state;
	image_put(LIB "a", "command = x\n");
	image_link(ETC "a", "/dev/null");
	image_link(ETC "b", "/dev/null");
	assert_int_equal(image_reload(), 2);
	assert_string_equal(
		image_section_of("a"), "~ 0 /etc/tend/services/a\n");
	assert_int_equal(image_enabled_of("a"), ENABLED_MASKED);
	assert_int_equal(image_enabled_of("b"), ENABLED_MASKED);
}

static void
test_load_all_of_links_follows_them(void **state)
{
	(void)state;
	image_put("etc/tend/available/a", "command = x\n");
	image_link(ETC "a", "../available/a");
	image_link(ETC "dangling", "../available/none");
	image_link(ETC "loop", "loop");
	image_link(ETC "null", "/dev/zero");
	assert_int_equal(image_reload(), 4);
	assert_string_equal(image_files_of("a"), "+/etc/tend/services/a ");
	assert_has(
		image_section_of("dangling"), "a link to a file that is not");
	assert_has(image_section_of("loop"), "cannot be read: ");
	assert_has(image_section_of("loop"), strerror(ELOOP));
	assert_has(image_section_of("null"), "not a regular file");
}

static void
test_load_all_of_a_fifo_does_not_block(void **state)
{
	char full[512];

	(void)state;
	image_dirs(ETC);
	image_path(full, ETC "pipe");
	assert_int_equal(mkfifo(full, 0600), 0);
	assert_int_equal(image_reload(), 1);
	assert_has(
		image_section_of("pipe"), "services/pipe: not a regular file");
}

static void
test_load_all_of_directories_runs_their_script(void **state)
{
	char full[512];

	(void)state;
	image_put(ETC "a/run", "#!/bin/sh\n");
	image_mode(ETC "a/run", 0755);
	image_put(ETC "b/run", "#!/bin/sh\n");
	image_put(ETC "c/other", "x");
	image_put(LIB "c", "command = lib\n");
	image_path(full, ETC "dir");
	assert_int_equal(mkdir(full, 0755), 0);
	assert_int_equal(image_reload(), 3);
	assert_string_equal(image_files_of("a"), "+/etc/tend/services/a/run ");
	assert_has(image_section_of("a"),
		"working-directory = /etc/tend/services/a\n"
		"command = /etc/tend/services/a/run\n");
	assert_has(
		image_section_of("b"), "b/run: not executable; run: chmod +x ");
	assert_string_equal(image_files_of("c"), "+/usr/lib/tend/services/c ");
	assert_string_equal(image_section_of("dir"), "none");
	image_mode(ETC "a/run", 0775);
	image_mode(ETC "b", 0777);
	assert_int_equal(image_reload(), 3);
	assert_has(image_section_of("a"), "a/run: others can write it");
	assert_has(image_section_of("b"), "services/b: others can write it");
}

/* H37 */
static void
test_load_all_of_odd_file_names_warns_or_ignores(void **state)
{
	char name[300] = ETC;

	(void)state;
	image_put(ETC "ok", "command = x\n");
	image_put(ETC ".hidden", "x");
	image_put(ETC "ok~", "x");
	image_put(ETC "ok.bak", "x");
	image_put(ETC "ok.dpkg-old", "x");
	image_put(ETC "tmpl@", "x");
	image_put(ETC "a b", "x");
	image_put(ETC "new\nline", "x");
	image_put(ETC "-x", "x");
	image_put(ETC "a%b", "x");
	image_dirs(ETC "x.wants/");
	memset(name + strlen(ETC), 'n', 128);
	image_put(name, "x");
	assert_int_equal(image_reload(), 1);
	assert_has(image_warnings,
		"services/a?b: ignored; this cannot be the name");
	assert_has(image_warnings, "services/new?line: ignored; ");
	assert_has(image_warnings, "services/-x: ignored; ");
	assert_has(image_warnings, "services/a%b: ignored; ");
	assert_has(image_warnings,
		"services/x.wants: ignored; a .wants directory");
	assert_has(image_warnings, "services/nnnnnnnn");
	/* With a slash: the random name of the root may hold any word. */
	assert_null(strstr(image_warnings, "/.hidden"));
	assert_null(strstr(image_warnings, "/tmpl"));
	assert_null(strstr(image_warnings, "/ok"));
}

static void
test_load_service_of_bad_names_finds_nothing(void **state)
{
	static const char *const names[] = {"", "..", ".", "../services/a", "/",
		"a/b", "-x", "nope", "t@", "a.d", "b.bak", "a\n"};
	struct paths_options options = {.root = image_root};

	(void)state;
	image_put(ETC "a", "command = x\n");
	image_put(ETC "t@", "command = x\n");
	image_put(ETC "a.d/x.conf", "user = x\n");
	image_put(ETC "b.bak", "command = x\n");
	assert_true(load_open(
		&image_load, &options, image_message, sizeof(image_message)));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct load_text one = {0};

		if (load_service(&image_load, names[i], &one))
			fail_msg("found '%s'", names[i]);
		assert_int_equal(one.len, 0);
		free(one.bytes);
	}
}

static void
test_load_all_of_files_that_others_can_write_refuses(void **state)
{
	(void)state;
	image_put(ETC "a", "command = x\n");
	image_put(ETC "b", "command = x\n");
	image_put(ETC "c", "command = x\n");
	image_put(ETC "c.d/1.conf", "user = x\n");
	image_put(ETC "d", "command = x\n");
	image_put(ETC "d.d/1.conf", "user = x\n");
	image_put(LIB "e", "command = x\n");
	image_mode(ETC "a", 0664);
	image_mode(ETC "b", 0646);
	image_mode(ETC "c.d/1.conf", 0666);
	image_mode(ETC "d.d", 01777);
	assert_int_equal(image_reload(), 5);
	assert_string_equal(image_files_of("a"), "!/etc/tend/services/a ");
	assert_has(image_section_of("a"),
		"/etc/tend/services/a: others can write "
		"it; run: chmod go-w /etc/tend/services/a");
	assert_has(image_section_of("b"), "services/b: others can write it");
	assert_has(image_section_of("c"), "c.d/1.conf: others can write it");
	assert_has(image_section_of("d"), "services/d.d: others can write it");
	assert_string_equal(image_files_of("e"), "+/usr/lib/tend/services/e ");
	image_mode(ETC, 0775);
	assert_int_equal(image_reload(), 5);
	assert_has(image_section_of("a"),
		"/etc/tend/services: others can write it");
	assert_string_equal(image_files_of("e"), "+/usr/lib/tend/services/e ");
	image_mode(ETC, 0755);
	image_mode("etc/tend", 01777);
	assert_int_equal(image_reload(), 5);
	assert_has(image_section_of("d"), "/etc/tend: others can write it");
}

static void
test_load_all_of_files_of_others_refuses(void **state)
{
	char full[512];

	(void)state;
	if (geteuid() != 0)
		skip();
	image_put(ETC "a", "command = x\n");
	image_path(full, ETC "a");
	assert_int_equal(chown(full, 12345, 0), 0);
	assert_int_equal(image_reload(), 1);
	assert_has(image_section_of("a"),
		"services/a: belongs to user 12345, who "
		"could change it; run: chown 0 ");
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
		image_put(name, "command = x\n");
	}
	assert_int_equal(image_reload(), 300);
	while (loaded_next(
		image_all.bytes, image_all.len, &at, &section, &is_broken)) {
		assert_true(strcmp(last, section.name) < 0);
		strcpy(last, section.name);
	}
}

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
		TEST(test_load_all_of_many_services_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
