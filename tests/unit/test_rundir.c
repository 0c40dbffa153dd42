#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/load.h"
#include "lib/rundir.h"
#include "lib/source.h"
#include "lib/text.h"
#include "tests/unit/image.h"

static char problem[SOURCE_PROBLEM_CAP];

static void
script(const char *path)
{
	image_put(path, "#!/bin/sh\n");
	image_mode(path, 0755);
}

/* Each occurrence of the image's path becomes nothing. */
static void
cut_root(char *text)
{
	size_t len = strlen(image_root);
	char *at;

	while ((at = strstr(text, image_root)) != NULL)
		memmove(at, at + len, strlen(at + len) + 1);
}

/* Appends "FILE: LINES" of each fragment, newlines as '|'. */
static void
add_fragments(char *out, size_t cap, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		char *file;
		size_t size = strtoul(text + 2, &file, 10);
		const char *newline = strchr(file, '\n');
		const char *slash = newline;
		size_t at = strlen(out);

		while (slash[-1] != '/')
			slash--;
		assert_true(at + size + 64 < cap);
		memcpy(out + at, slash, (size_t)(newline - slash));
		at += (size_t)(newline - slash);
		memcpy(out + at, ": ", 2);
		memcpy(out + at + 2, newline + 1, size);
		out[at + 2 + size] = '\0';
		for (char *p = out + at; *p != '\0'; p++)
			if (*p == '\n')
				*p = '|';
		text = newline + 1 + size;
	}
}

/* What a directory below ETC says, or "problem: ...". */
static const char *
says(const char *file, const char *service, bool is_logger, bool is_instance)
{
	static char out[8192];
	char place[512], path[600];
	struct load_text text = {0};
	struct rundir dir = {.place = place,
		.file = file,
		.path = path,
		.service = service,
		.is_logger = is_logger,
		.is_instance = is_instance,
		.out = &text,
		.problem = problem};

	image_path(place, ETC);
	place[strlen(place) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/%s", place, file);
	dir.at = open(place, O_RDONLY | O_DIRECTORY);
	assert_true(dir.at >= 0);
	dir.buffer = malloc(LOAD_FILE_MAX + 2);
	assert_non_null(dir.buffer);
	out[0] = '\0';
	if (rundir_read(&dir) == RUNDIR_OK)
		add_fragments(out, sizeof(out), text.bytes, text.len);
	else
		snprintf(out, sizeof(out), "problem: %s", problem);
	cut_root(out);
	text_free(&text);
	free(dir.buffer);
	close(dir.at);
	return out;
}

static const char *
plain(const char *name)
{
	return says(name, name, false, false);
}

#define D "/etc/tend/services"
#define RUNS(dir)                                                              \
	"run: working-directory = " D "/" dir "|command = " D "/" dir "/run|"

static void
test_rundir_read_of_runit_files_says_keys(void **state)
{
	(void)state;
	script(ETC "a/run");
	script(ETC "a/finish");
	image_put(ETC "a/down", "");
	script(ETC "a/log/run");
	image_put(ETC "a/conf", "X=1\n");
	image_put(ETC "a/supervise/ok", "");
	assert_string_equal(plain("a"),
		RUNS("a") "down: autostart = no|"
			  "log: log = service:a:log|"
			  "finish: stop-post = " D "/a/finish "
			  "${TEND_EXIT_CODE:--1} "
			  "${TEND_EXIT_SIGNAL_NUMBER:-0}|");
	/* A logger is not logged. */
	script(ETC "a/log/log/run");
	script(ETC "a/log/control/t");
	assert_string_equal(says("a/log", "a:log", true, false), RUNS("a/log"));
	script(ETC "b/run");
	script(ETC "b/check");
	assert_string_equal(plain("b"),
		RUNS("b") "check: ready = command:" D "/b/check|"
			  "start-timeout = infinity|");
}

static void
test_rundir_read_of_s6_files_says_keys(void **state)
{
	(void)state;
	script(ETC "a/run");
	script(ETC "a/finish");
	image_put(ETC "a/notification-fd", "3\n");
	image_put(ETC "a/timeout-kill", "2500");
	image_put(ETC "a/timeout-up", "0");
	image_put(ETC "a/down-signal", "SIGINT\n");
	image_put(ETC "a/max-death-tally", "100\n");
	image_put(ETC "a/type", "longrun\n");
	image_put(ETC "a/dependencies.d/net", "");
	image_put(ETC "a/dependencies.d/base", "");
	image_put(ETC "a/dependencies.d/.keep", "");
	image_put(ETC "a/dependencies.d/old~", "");
	assert_string_equal(plain("a"),
		RUNS("a") "down-signal: stop-signal = SIGINT|"
			  "timeout-kill: stop-timeout = 2500ms|"
			  "notification-fd: ready = fd:3|"
			  "start-timeout = infinity|timeout-up: "
			  "start-timeout = 0ms|"
			  "finish: stop-post = " D "/a/finish "
			  "${TEND_EXIT_CODE:-256} "
			  "${TEND_EXIT_SIGNAL_NUMBER:-0} a ${TEND_MAIN_PID:-0}|"
			  "dependencies.d: requires = base|requires = net|");
	image_put(ETC "b/type", "oneshot");
	image_put(ETC "b/up", "echo up");
	image_put(ETC "b/down", "echo down");
	assert_string_equal(plain("b"),
		"up: type = oneshot|command = execlineb -P " D "/b/up|"
		"down: stop-command = execlineb -P " D "/b/down|");
	image_put(ETC "c/type", "bundle");
	image_put(ETC "c/contents.d/a", "");
	assert_string_equal(
		plain("c"), "type: type = target|contents.d: requires = a|");
}

static void
test_rundir_read_of_nitro_files_says_keys(void **state)
{
	(void)state;
	script(ETC "a@/run");
	script(ETC "a@/setup");
	script(ETC "a@/finish");
	image_put(ETC "a@/down-signal", "1\n");
	image_link(ETC "a@/log", "../LOG@");
	assert_string_equal(says("a@", "a@x", false, true),
		"run: working-directory = " D "/a@|command = " D "/a@/run x|"
		"setup: start-pre = " D "/a@/setup x|"
		"down-signal: stop-signal = USR1|"
		"log: log = service:LOG@x|"
		"finish: stop-post = " D "/a@/finish x ${TEND_EXIT_CODE:--1} "
		"${TEND_EXIT_SIGNAL_NUMBER:-0}|");
	script(ETC "once/setup");
	image_link(ETC "once/log", D "/LOG");
	assert_string_equal(plain("once"),
		"setup: type = oneshot|working-directory = " D
		"/once|command = " D "/once/setup|");
	/* s6 knows a signal 1. */
	script(ETC "s/run");
	image_put(ETC "s/down-signal", "1\n");
	assert_string_equal(
		plain("s"), RUNS("s") "down-signal: stop-signal = 1|");
}

static void
test_rundir_read_of_env_says_environment(void **state)
{
	(void)state;
	script(ETC "a/run");
	image_put(ETC "a/env/ONE", "it's 100% $x \\ \t\nsecond line");
	image_put(ETC "a/env/EMPTY", "");
	image_put(ETC "a/env/not-a-name", "x");
	assert_string_equal(plain("a"), RUNS("a") "EMPTY: environment = EMPTY=|"
						  "ONE: environment = "
						  "'ONE=it'\\''s 100% $x \\'|");
	image_put(ETC "a/env/BAD", "x\033");
	assert_string_equal(
		plain("a"), "problem: " D "/a/env/BAD: holds a control byte");
}

static void
test_rundir_read_of_control_says_hooks(void **state)
{
	(void)state;
	script(ETC "a/run");
	script(ETC "a/control/d");
	script(ETC "a/control/u");
	assert_string_equal(plain("a"),
		RUNS("a") "d: stop-command = -" D "/a/control/d|"
			  "u: start-pre = -" D "/a/control/u|");
	script(ETC "a/control/t");
	script(ETC "a/control/h");
	assert_has(plain("a"), "done' " D "/a/control/t " D "/a/control/d|");
	assert_has(plain("a"), "h: reload-command = sh -c ");
}

static void
test_rundir_read_of_bad_files_names_them(void **state)
{
	static const struct {
		const char *file;
		const char *text;
		const char *message;
	} rows[] = {
		{"notification-fd", "three", "write one whole number"},
		{"timeout-kill", "-1", "write one whole number"},
		{"timeout-kill", "", "write one whole number"},
		{"down-signal", "SIGNO", "write the name or number of a"},
		{"type", "longrn", "write longrun, oneshot or bundle"},
		{"finish", "x", "not executable; run: chmod +x "},
		{"check", "x", "not executable; run: chmod +x "},
		{"dependencies.d/a b", "", "named like no service"},
	};
	char file[128], start[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%zu", i);
		snprintf(file, sizeof(file), ETC "%s/run", name);
		script(file);
		snprintf(file, sizeof(file), ETC "%s/%s", name, rows[i].file);
		image_put(file, rows[i].text);
		snprintf(start, sizeof(start), "problem: " D "/%s/%.*s: ", name,
			(int)strcspn(rows[i].file, "/"), rows[i].file);
		if (strchr(rows[i].file, '/'))
			assert_has(plain(name), "dependencies.d: ");
		else
			assert_starts(plain(name), start);
		assert_has(plain(name), rows[i].message);
	}
	image_put(ETC "n/type", "longrun");
	assert_string_equal(plain("n"), "problem: " D "/n/run: is missing; a "
					"directory of scripts has one");
	script(ETC "w/run");
	image_put(ETC "w/down-signal", "TERM");
	image_mode(ETC "w/down-signal", 0666);
	assert_has(plain("w"), "w/down-signal: others can write it");
	image_mode(ETC "w/down-signal", 0644);
	image_mode(ETC "w/run", 0775);
	assert_has(plain("w"), "w/run: others can write it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rundir_read_of_runit_files_says_keys),
		TEST(test_rundir_read_of_s6_files_says_keys),
		TEST(test_rundir_read_of_nitro_files_says_keys),
		TEST(test_rundir_read_of_env_says_environment),
		TEST(test_rundir_read_of_control_says_hooks),
		TEST(test_rundir_read_of_bad_files_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
