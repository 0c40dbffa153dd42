#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/state.h"
#include "tests/unit/parsed.h"

/* Applies fragments in order; each is NAME and text. */
static const char *
apply(const char *const (*fragments)[2], size_t count)
{
	struct def_error error;
	struct fmt f;
	bool is_good = true;

	arena_init(&parsed_arena, parsed_memory, ARENA_BYTES);
	def_init(&parsed_def);
	for (size_t i = 0; is_good && i < count; i++)
		is_good = def_apply(&parsed_def, &parsed_arena, fragments[i][0],
			fragments[i][1], strlen(fragments[i][1]), &error);
	fmt_init(&f, parsed_message, sizeof(parsed_message));
	if (!is_good || !def_finish(&parsed_def, &error))
		def_error_format(&f, &error);
	return parsed_message;
}

static void
test_def_apply_of_dropins_replaces_adds_and_empties(void **state)
{
	static const char *const fragments[][2] = {
		{"/etc/tend/tend.conf", "stop-timeout = 1\nuser = nobody\n"
					"environment = Z=0\n"},
		{"/x/web", "type = oneshot\ncommand = a\ncommand = b\n"
			   "requires = r1\nrequires = r2\nwants = w1\n"
			   "stop-timeout = 2\nenvironment = A=1\n"
			   "restart-delay = 7\nreload-signal = HUP\n"},
		{"/x/web.d/1.conf", "command = c\nrequires = r3\nwants =\n"
				    "wants = w2\nuser =\n"},
		{"/x/web.d/2.conf", "stop-timeout = 3\nrestart-delay =\n"
				    "reload-signal =\n"},
	};

	(void)state;
	assert_string_equal(apply(fragments, 1),
		"/etc/tend/tend.conf: no command; add 'command = PROGRAM "
		"ARGS', or 'type = target' if it only groups others");
	assert_string_equal(apply(fragments, 2), "");
	assert_int_equal(parsed_def.command.len, 2);
	assert_string_equal(parsed_def.user, "nobody");
	assert_string_equal(apply(fragments, 4), "");
	assert_int_equal(parsed_def.command.len, 1);
	assert_string_equal(parsed_def.command.item[0], "c");
	assert_int_equal(parsed_def.requires.len, 3);
	assert_string_equal(parsed_def.requires.item[2], "r3");
	assert_int_equal(parsed_def.wants.len, 1);
	assert_string_equal(parsed_def.wants.item[0], "w2");
	assert_null(parsed_def.user);
	assert_int_equal(parsed_def.stop_timeout_ms, 3000);
	assert_int_equal(parsed_def.delays, 7);
	assert_int_equal(parsed_def.reload_signal, 0);
	assert_int_equal(parsed_def.environment.len, 2);
	assert_string_equal(parsed_def.source, "/x/web");
}

static void
test_def_apply_of_an_emptied_command_is_as_without(void **state)
{
	(void)state;
	assert_non_null(
		strstr(parsed_text("command = x\ncommand ="), "no command"));
	assert_string_equal(
		parsed_text("command = x\ncommand =\ncommand = y"), "");
	assert_int_equal(parsed_def.command.len, 1);
}

/* The time of a limit that is gone does not stay behind. */
static void
test_def_apply_of_no_limit_clears_both_parts(void **state)
{
	static const char *const none[][2] = {
		{"/x/web", "command = a\nrestart-limit = 5/10s\n"},
		{"/x/web.d/1.conf", "restart-limit = none\n"}};
	static const char *const empty[][2] = {
		{"/x/web", "command = a\nrestart-limit = 5/10s\n"},
		{"/x/web.d/1.conf", "restart-limit =\n"}};

	(void)state;
	assert_string_equal(apply(none, 1), "");
	assert_int_equal(parsed_def.limit_count, 5);
	assert_int_equal(parsed_def.limit_ms, 10000);
	assert_string_equal(apply(none, 2), "");
	assert_int_equal(parsed_def.limit_count, 0);
	assert_int_equal(parsed_def.limit_ms, 0);
	assert_string_equal(apply(empty, 2), "");
	assert_int_equal(parsed_def.limit_count, 0);
	assert_int_equal(parsed_def.limit_ms, 0);
}

/* One key must not undo another one. */
static void
test_def_apply_of_autostart_and_ready_keeps_both(void **state)
{
	(void)state;
	assert_string_equal(parsed_text("command = x\nautostart = yes\n"
					"ready = exec\nlog = file"),
		"");
	assert_true(parsed_def.autostart);
}

static void
test_def_finish_of_contradictions_names_the_place(void **state)
{
	static const struct row rows[] = {
		{"command = a\ncommand = b", "web:2: command is given 2 times, "
					     "and only a oneshot"},
		{"type = target\ncommand = a", "web:2: a target runs nothing"},
		{"type = oneshot", "web: no command"},
		{"type = oneshot\ncommand = a\ncommand = b", ""},
	};

	(void)state;
	CHECK(rows);
}

/* It is the drop-in that has the command. */
static void
test_def_finish_of_a_command_too_many_names_its_file(void **state)
{
	static const char *const fragments[][2] = {
		{"/x/web", "type = target\n"},
		{"/x/web.d/1.conf", "\ncommand = a\n"}};

	(void)state;
	assert_string_equal(apply(fragments, 2),
		"/x/web.d/1.conf:2: a target runs nothing; remove its command, "
		"or write type = oneshot");
}

static void
test_def_apply_of_too_many_commands_refuses(void **state)
{
	char text[1024] = "type = oneshot\n";

	(void)state;
	for (int i = 0; i < DEF_COMMANDS_MAX; i++)
		strcat(text, "command = x\n");
	assert_string_equal(parsed_text(text), "");
	strcat(text, "command = x\n");
	assert_non_null(strstr(parsed_text(text), "web:34:11: more than 32"));
}

static void
test_def_command_flags_of_prefixes_strips_each_once(void **state)
{
	static const struct {
		const char *text, *rest;
		bool may_fail, is_privileged;
	} rows[] = {
		{"x", "x", false, false},
		{"-x", "x", true, false},
		{"+x", "x", false, true},
		{"-+x", "x", true, true},
		{"+-x", "x", true, true},
		{"- x", "x", true, false},
		{"--x", "-x", true, false},
		{"", "", false, false},
		{"-", "", true, false},
		{"x -y", "x -y", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool may_fail, is_privileged;

		assert_string_equal(def_command_flags(rows[i].text, &may_fail,
					    &is_privileged),
			rows[i].rest);
		assert_int_equal(may_fail, rows[i].may_fail);
		assert_int_equal(is_privileged, rows[i].is_privileged);
	}
}

static void
test_def_error_format_leaves_out_what_is_zero(void **state)
{
	struct def_error error = {.file = "f", .line = 2, .column = 3};
	char text[64];
	struct fmt f;

	(void)state;
	def_error_text(&error, "bad %d", 7);
	fmt_init(&f, text, sizeof(text));
	def_error_format(&f, &error);
	assert_string_equal(text, "f:2:3: bad 7");
	error.column = 0;
	fmt_init(&f, text, sizeof(text));
	def_error_format(&f, &error);
	assert_string_equal(text, "f:2: bad 7");
	error.line = 0;
	fmt_init(&f, text, sizeof(text));
	def_error_format(&f, &error);
	assert_string_equal(text, "f: bad 7");
	error.file = NULL;
	fmt_init(&f, text, sizeof(text));
	def_error_format(&f, &error);
	assert_string_equal(text, "bad 7");
}

/* What a process is made of; all the rest is live. */
static void
test_def_needs_restart_of_each_key_is_as_documented(void **state)
{
	static const struct {
		const char *before, *after;
		bool is_needed;
	} rows[] = {
		{"", "", false},
		{"user = a\ngroup = b\nworking-directory = /x\n"
		 "environment = A=1 B=2\nenvironment-file = /e\n",
			"user = a\ngroup = b\nworking-directory = /x\n"
			"environment = A=1 B=2\nenvironment-file = /e\n",
			false},
		{"", "type = oneshot\n", true},
		{"log = file\n", "log = none\n", true},
		{"log = service:a\n", "log = service:b\n", true},
		{"", "log-streams = no\n", true},
		{"",
			"log-size = 1\nlog-keep = 1\nlog-age = 1\n"
			"log-line-max = 1K\nlog-overflow = drop\n"
			"log-processor = x\n",
			false},
		{"", "user = a\n", true},
		{"user = a\n", "", true},
		{"user = a\n", "user = b\n", true},
		{"", "group = a\n", true},
		{"", "working-directory = /a\n", true},
		{"", "command = other\n", true},
		{"environment = A=1\n", "environment = A=1 B=2\n", true},
		{"environment = A=1 B=2\n", "environment = A=1 B=3\n", true},
		{"environment = A=1 B=2\n", "environment = A=3 B=2\n", true},
		{"", "environment-file = /e\n", true},
		{"", "ready = notify\n", true},
		{"notify-access = main\n", "ready = notify\n", false},
		{"", "notify-access = all\n", true},
		{"", "watchdog = 1\n", true},
		{"watchdog = 1\n", "watchdog = 2\n", true},
		{"", "ready = tcp:1\nhealth = tcp:1\n", false},
		{"stop-timeout = 1\n", "stop-timeout = 2\n", false},
		{"restart = never\n", "restart = always\n", false},
		{"requires = a\n", "requires = b\n", false},
		{"description = a\n", "description = b\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const before[][2] = {{"/x/web", "command = a\n"},
			{"/x/web.d/1.conf", rows[i].before}};
		const char *const after[][2] = {{"/x/web", "command = a\n"},
			{"/x/web.d/1.conf", rows[i].after}};
		struct def old;
		char *kept;

		assert_string_equal(apply(before, 2), "");
		old = parsed_def;
		/* The next one gets an arena of its own. */
		kept = parsed_memory;
		parsed_memory = malloc(ARENA_BYTES);
		assert_string_equal(apply(after, 2), "");
		if (def_needs_restart(&old, &parsed_def) != rows[i].is_needed)
			fail_msg("%s -> %s", rows[i].before, rows[i].after);
		free(parsed_memory);
		parsed_memory = kept;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_def_apply_of_dropins_replaces_adds_and_empties),
		cmocka_unit_test(
			test_def_apply_of_an_emptied_command_is_as_without),
		cmocka_unit_test(test_def_apply_of_no_limit_clears_both_parts),
		cmocka_unit_test(
			test_def_apply_of_autostart_and_ready_keeps_both),
		cmocka_unit_test(
			test_def_finish_of_contradictions_names_the_place),
		cmocka_unit_test(
			test_def_finish_of_a_command_too_many_names_its_file),
		cmocka_unit_test(test_def_apply_of_too_many_commands_refuses),
		cmocka_unit_test(
			test_def_command_flags_of_prefixes_strips_each_once),
		cmocka_unit_test(test_def_error_format_leaves_out_what_is_zero),
		cmocka_unit_test(
			test_def_needs_restart_of_each_key_is_as_documented),
	};

	return cmocka_run_group_tests(tests, parsed_setup, parsed_teardown);
}
