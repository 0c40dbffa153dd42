#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "svctl/diff.h"
#include "tests/unit/parsed.h"

static char found[4096];

static void
take(void *context, const char *key, const char *before, const char *after)
{
	size_t len = strlen(found);

	assert_ptr_equal(context, &parsed_def);
	snprintf(found + len, sizeof(found) - len, "%s: %s -> %s\n", key,
		before, after);
}

/* Definitions without command and defaults: only what the text says. */
static void
parse(struct def *def, const char *text)
{
	struct def_error error;

	def_init(def);
	if (!def_apply(def, &parsed_arena, "web", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
}

static void
differ(const char *before, const char *after, const char *expected)
{
	struct def a, b;
	unsigned count = 0;

	arena_init(&parsed_arena, parsed_memory, ARENA_BYTES);
	parse(&a, before);
	parse(&b, after);
	found[0] = '\0';
	for (const char *at = expected; (at = strchr(at, '\n')); at++)
		count++;
	assert_int_equal(diff_defs(&a, &b, take, &parsed_def), count);
	assert_string_equal(found, expected);
}

static void
test_diff_defs_of_equal_ones_is_empty(void **state)
{
	static const char text[] = "command = a\nrequires = b c\n"
				   "restart-limit = 5/10s\nlog = none\n";

	(void)state;
	differ("", "", "");
	differ(text, text, "");
}

static void
test_diff_defs_of_texts_and_lists_shows_both(void **state)
{
	(void)state;
	differ("command = a\n", "command = a b\n", "command: a -> a b\n");
	differ("", "user = u\n", "user: unset -> u\n");
	differ("working-directory = /x\n", "",
		"working-directory: /x -> unset\n");
	differ("type = oneshot\ncommand = a\ncommand = b\n",
		"type = oneshot\ncommand = a\n", "command: a; then b -> a\n");
	differ("requires = a b c\n", "after = a\n",
		"requires: a b c -> unset\nafter: unset -> a\n");
	differ("environment = A=1\nenvironment-file = /x -/y\n",
		"environment = A=2\n",
		"environment: A=1 -> A=2\n"
		"environment-file: /x -/y -> unset\n");
	/* As long, but another. */
	differ("user = ab\n", "user = ac\n", "user: ab -> ac\n");
	differ("user = a\n", "user = ab\n", "user: a -> ab\n");
}

static void
test_diff_defs_of_times_shows_units(void **state)
{
	(void)state;
	differ("start-timeout = 10s\n", "start-timeout = infinity\n",
		"start-timeout: 10 s -> infinity\n");
	differ("restart-delay = 0 200ms 1 2.5 1005ms\n", "",
		"restart-delay: 0 0.200 1 2.500 1.005 -> unset\n");
	differ("", "restart-limit = 5/10s\n",
		"restart-limit: unset -> 5/10 s\n");
	differ("restart-limit = 5/10s\n", "restart-limit = 5/1min\n",
		"restart-limit: 5/10 s -> 5/1 min\n");
}

static void
test_diff_defs_of_choices_shows_their_words(void **state)
{
	static const char *const rows[][4] = {
		{"type", "process", "oneshot", "target"},
		{"restart", "always", "on-failure", "on-abnormal"},
		{"restart", "always", "never", "on-failure"},
		{"log", "unset", "file", "stdout"},
		{"log", "unset", "none", "file"},
		{"log", "unset", "file stdout", "file service:a"},
		{"log", "unset", "service:a", "service:b"},
		{"log", "unset", "file syslog", "syslog"},
		{"log-streams", "no", "yes", "yes"},
		{"log-overflow", "block", "drop", "drop"},
		{"log-size", "infinity", "1M", "1000"},
		{"log-keep", "infinity", "5", "1"},
		{"log-line-max", "infinity", "4096", "128"},
		{"log-processor", "unset", "gzip -9", "zstd -q"},
		{"kill-mode", "group", "process", "mixed"},
		{"kill-mode", "group", "all", "all"},
		{"autostart", "no", "yes", "yes"},
		{"remain-after-exit", "no", "yes", "yes"},
		{"stop-signal", "unset", "INT", "TERM"},
		{"reload-signal", "unset", "HUP", "RTMIN+3"},
	};
	char text[2][128];
	char expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const *row = rows[i];

		for (int n = 0; n < 2; n++)
			snprintf(text[n], sizeof(text[n]), "%s = %s\n", row[0],
				row[2 + n]);
		snprintf(expected, sizeof(expected), "%s: %s -> %s\n", row[0],
			row[1], row[2]);
		differ("", text[0], expected);
		if (strcmp(row[2], row[3]) == 0)
			continue;
		snprintf(expected, sizeof(expected), "%s: %s -> %s\n", row[0],
			row[2], row[3]);
		differ(text[0], text[1], expected);
	}
	/* The one form there is, given or not. */
	differ("", "ready = exec\n", "");
}

/* Numbers that no parser gives, of a file of another version. */
static void
test_diff_defs_of_unknown_numbers_shows_a_mark(void **state)
{
	struct def a, b;

	(void)state;
	def_init(&a);
	def_init(&b);
	a.restart = 3;
	b.restart = 4;
	a.kill_mode = 1;
	b.kill_mode = 9;
	a.log_overflow = 1;
	b.log_overflow = 2;
	found[0] = '\0';
	assert_int_equal(diff_defs(&a, &b, take, &parsed_def), 3);
	assert_string_equal(found, "restart: never -> ?\n"
				   "kill-mode: process -> ?\n"
				   "log-overflow: drop -> ?\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_defs_of_equal_ones_is_empty),
		cmocka_unit_test(test_diff_defs_of_texts_and_lists_shows_both),
		cmocka_unit_test(test_diff_defs_of_times_shows_units),
		cmocka_unit_test(test_diff_defs_of_choices_shows_their_words),
		cmocka_unit_test(
			test_diff_defs_of_unknown_numbers_shows_a_mark),
	};

	return cmocka_run_group_tests(tests, parsed_setup, parsed_teardown);
}
