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

#define ARENA_BYTES (8u << 20)

static char *memory;
static struct arena arena;
static struct def def;
static char message[2048];

/* Parses one fragment and finishes; "" or the error in message. */
static const char *
parse_bytes(const char *text, size_t len)
{
	struct def_error error;
	struct fmt f;
	/* Exactly as long as it is, so that the sanitizer sees overreads. */
	char *copy = malloc(len == 0 ? 1 : len);

	memcpy(copy, text, len);
	arena_init(&arena, memory, ARENA_BYTES);
	def_init(&def);
	fmt_init(&f, message, sizeof(message));
	if (!def_apply(&def, &arena, "web", copy, len, &error) ||
		!def_finish(&def, &error))
		def_error_format(&f, &error);
	free(copy);
	return message;
}

static const char *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static int
setup(void **state)
{
	(void)state;
	memory = malloc(ARENA_BYTES);
	return memory == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static void
test_def_finish_without_keys_fills_in_defaults(void **state)
{
	static const uint32_t delays[] = {
		0, 200, 1000, 2000, 5000, 10000, 30000};

	(void)state;
	assert_string_equal(parse("command = x"), "");
	assert_int_equal(def.type, TYPE_PROCESS);
	assert_int_equal(def.restart, RESTART_ALWAYS);
	assert_int_equal(def.delays, 7);
	assert_memory_equal(def.delay_ms, delays, sizeof(delays));
	assert_int_equal(def.limit_count, 0);
	assert_int_equal(def.restart_reset_ms, 60000);
	assert_int_equal(def.start_timeout_ms, 60000);
	assert_int_equal(def.stop_timeout_ms, 10000);
	assert_int_equal(def.stop_signal, SIGTERM);
	assert_int_equal(def.reload_signal, 0);
	assert_int_equal(def.kill_mode, KILL_GROUP);
	assert_int_equal(def.log, LOG_TO_DEFAULT);
	assert_true(def.autostart);
	assert_true(def.remain_after_exit);
	assert_null(def.user);
	assert_null(def.working_directory);
	assert_int_equal(def.requires.len, 0);
	assert_string_equal(def.source, "web");
}

static void
test_def_finish_of_a_oneshot_fills_in_its_own_defaults(void **state)
{
	(void)state;
	assert_string_equal(parse("type = oneshot\ncommand = x"), "");
	assert_int_equal(def.restart, RESTART_NEVER);
	assert_int_equal(def.start_timeout_ms, DURATION_NONE);
	assert_string_equal(
		parse("type = oneshot\ncommand = x\nrestart = on-failure\n"
		      "start-timeout = 3s"),
		"");
	assert_int_equal(def.restart, RESTART_ON_FAILURE);
	assert_int_equal(def.start_timeout_ms, 3000);
}

static void
test_def_apply_of_each_key_stores_its_value(void **state)
{
	(void)state;
	assert_string_equal(parse("description = My  server\n"
				  "type = process\n"
				  "command = -+/bin/x 'a b'\n"
				  "requires = a b\n"
				  "wants = c\n"
				  "after = d\te\n"
				  "before = f\n"
				  "restart = on-abnormal\n"
				  "restart-delay = 0 0.2 1s 1min\n"
				  "restart-limit = 5/10s\n"
				  "restart-reset = infinity\n"
				  "stop-signal = SIGINT\n"
				  "stop-timeout = 0\n"
				  "start-timeout = 1min30s\n"
				  "kill-mode = process\n"
				  "user = joe\n"
				  "group = 33\n"
				  "environment = A=1 'B=x y' \"C=%n\" D=\n"
				  "environment-file = -/etc/default/%n /etc/x\n"
				  "working-directory = '/srv/a b'\n"
				  "autostart = no\n"
				  "ready = exec\n"
				  "remain-after-exit = off\n"
				  "reload-signal = HUP\n"
				  "log = stdout\n"
				  "enable-in = multi\n"),
		"");
	assert_string_equal(def.description, "My  server");
	assert_string_equal(def.command.item[0], "-+/bin/x 'a b'");
	assert_int_equal(def.requires.len, 2);
	assert_string_equal(def.requires.item[0], "a");
	assert_string_equal(def.requires.item[1], "b");
	assert_string_equal(def.wants.item[0], "c");
	assert_int_equal(def.after.len, 2);
	assert_string_equal(def.after.item[1], "e");
	assert_string_equal(def.before.item[0], "f");
	assert_int_equal(def.restart, RESTART_ON_ABNORMAL);
	assert_int_equal(def.delays, 4);
	assert_int_equal(def.delay_ms[1], 200);
	assert_int_equal(def.delay_ms[3], 60000);
	assert_int_equal(def.limit_count, 5);
	assert_int_equal(def.limit_ms, 10000);
	assert_int_equal(def.restart_reset_ms, DURATION_NONE);
	assert_int_equal(def.stop_signal, SIGINT);
	assert_int_equal(def.stop_timeout_ms, DURATION_NONE);
	assert_int_equal(def.start_timeout_ms, 90000);
	assert_int_equal(def.kill_mode, KILL_PROCESS);
	assert_string_equal(def.user, "joe");
	assert_string_equal(def.group, "33");
	assert_int_equal(def.environment.len, 4);
	assert_string_equal(def.environment.item[1], "B=x y");
	assert_string_equal(def.environment.item[2], "C=%n");
	assert_string_equal(def.environment.item[3], "D=");
	assert_int_equal(def.environment_file.len, 2);
	assert_string_equal(def.environment_file.item[0], "-/etc/default/%n");
	assert_string_equal(def.working_directory, "/srv/a b");
	assert_false(def.autostart);
	assert_false(def.remain_after_exit);
	assert_int_equal(def.reload_signal, SIGHUP);
	assert_int_equal(def.log, LOG_TO_STDOUT);
	assert_string_equal(def.enable_in.item[0], "multi");
}

/* Each key of the table must appear in the test of values above. */
static void
test_def_key_name_past_the_end_is_null(void **state)
{
	unsigned n = 0;

	(void)state;
	while (def_key_name(n) != NULL)
		n++;
	assert_int_equal(n, 26);
	assert_null(def_key_name(n + 1));
	assert_null(def_key_name(~0u));
}

struct row {
	const char *text, *error;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].error);

		parse(rows[i].text);
		/* What is expected is the beginning; "" means no error. */
		if (strncmp(message, rows[i].error, len) != 0 ||
			(len == 0 && message[0] != '\0'))
			fail_msg("%s\n  is   '%s'\n  want '%s'", rows[i].text,
				message, rows[i].error);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void
test_def_apply_of_bad_values_names_place_and_remedy(void **state)
{
	static const struct row rows[] = {
		{"type = proces", "web:1:8: 'proces' is none of process, "},
		{"type = forking", "web:1:8: "},
		{"type = Process", "web:1:8: "},
		{"type = process x", "web:1:8: "},
		{"restart = yes", "web:1:11: 'yes' is none of always, "},
		{"kill-mode = mixed", "web:1:13: 'mixed' is none of group, "},
		{"log = syslog", "web:1:7: 'syslog' is none of file, "},
		{"ready = notify", "web:1:9: 'notify' is none of the forms "
				   "known so far: exec"},
		{"autostart = maybe", "web:1:13: 'maybe' is neither yes nor"},
		{"remain-after-exit = 2", "web:1:21: "},
		{"stop-signal = FOO", "web:1:15: 'FOO' is no signal"},
		{"stop-signal = 0", "web:1:15: "},
		{"reload-signal = 999", "web:1:17: "},
		{"stop-timeout = 1 min", "web:1:16: '1 min' is no duration"},
		{"stop-timeout = 10 s", "web:1:16: "},
		{"start-timeout = soon", "web:1:17: "},
		{"restart-reset = -1", "web:1:17: "},
		{"restart-delay = 1 2 x 4", "web:1:21: 'x' is no duration"},
		{"restart-delay = 1 infinity", "web:1:19: a delay cannot"},
		{"restart-delay = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
			"web:1:56: more than 16 delays"},
		{"restart-limit = 5", "web:1:17: '5' is no limit"},
		{"restart-limit = 0/10s", "web:1:17: "},
		{"restart-limit = 5/0", "web:1:17: "},
		{"restart-limit = 5/infinity", "web:1:17: "},
		{"restart-limit = /10s", "web:1:17: "},
		{"restart-limit = 99999999999999999999/1s", "web:1:17: "},
		{"user = joe:users", "web:1:11: 'joe:users' is not one name"},
		{"user = a b", "web:1:9: "},
		{"group = ../x", "web:1:11: "},
		{"environment = FOO", "web:1:15: 'FOO' is not NAME=value"},
		{"environment = A=1 =x", "web:1:19: '=x' is not NAME=value"},
		{"environment = A=1 2B=x", "web:1:19: "},
		{"environment = A-B=x", "web:1:15: "},
		{"environment = A=1 B=2;", "web:1:22: a bare ';'; quote it"},
		{"environment = 'A=1", "web:1:15: "},
		{"environment = A=%F", "web:1:17: %F means nothing; write %%F"},
		{"environment-file = etc/x", "web:1:20: 'etc/x' is not an abs"},
		{"environment-file = /a -b", "web:1:23: 'b' is not an abs"},
		{"environment-file = -", "web:1:20: "},
		{"working-directory = srv", "web:1:21: 'srv' is not an abs"},
		{"working-directory = .", "web:1:21: "},
		{"working-directory = %n", "web:1:21: "},
		{"working-directory = /a /b", "web:1:24: more than one path"},
		{"working-directory = /a%F", "web:1:23: "},
		{"requires = ../x", "web:1:12: '../x' is no name"},
		{"requires = a b/c d", "web:1:14: 'b/c' is no name"},
		{"wants = a,b", "web:1:9: "},
		{"after = x.d", "web:1:9: "},
		{"before = -x", "web:1:10: "},
		{"enable-in = @x", "web:1:13: "},
		{"command = a | b", "web:1:13: '|': no shell here; quote it or "
				    "use sh -c"},
		{"command = -a; b", "web:1:13: "},
		{"command = - +a > b", "web:1:13: the program must come after"},
		{"command = --a", "web:1:12: the program must come after at "
				  "most one '-' and one '+'"},
		{"command = +-+a", "web:1:13: "},
		{"command = -", "web:1:12: a program is missing"},
		{"command = date +%F", "web:1:17: %F means nothing"},
		{"command = 'a", "web:1:11: "},
		{"command = a \\ ", "web:1:13: a \\ with nothing after it"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_def_apply_of_good_values_accepts(void **state)
{
	static const struct row rows[] = {
		{"command=x", ""},
		{"\tcommand\t=\tx\t", ""},
		{"type=target", ""},
		{"type = target\nrestart-limit = none", ""},
		{"type = target\nstop-signal = 9", ""},
		{"type = target\nstop-signal = RTMIN+3", ""},
		{"type = target\nautostart = true", ""},
		{"type = target\nautostart = on", ""},
		{"type = target\nautostart = 1", ""},
		{"type = target\nautostart = false", ""},
		{"type = target\nautostart = 0", ""},
		{"type = target\nworking-directory = %h", ""},
		{"type = target\nworking-directory = %t/%n", ""},
		{"type = target\nlog = none\nready = exec", ""},
		{"type = target\nlog = file\nkill-mode = group", ""},
		{"type = target\nrestart = never", ""},
		{"type = target\ndescription = don't # panic", ""},
		{"command = $PROG ${A:-b} \"$C\" $$", ""},
		{"command = sh -c 'a && b | c > d'", ""},
	};

	(void)state;
	CHECK(rows);
}

static void
test_def_apply_of_unknown_keys_names_the_nearest(void **state)
{
	static const struct row rows[] = {
		{"comand = x", "web:1:1: unknown key 'comand'; did you mean "
			       "'command'?"},
		{"\n  requirse = x", "web:2:3: unknown key 'requirse'; did you "
				     "mean 'requires'?"},
		{"Command = x", "web:1:1: unknown key 'Command'; did you mean "
				"'command'?"},
		{"stop_timeout = 1", "web:1:1: unknown key 'stop_timeout'; did "
				     "you mean 'stop-timeout'?"},
		{"xyzzy = 1", "web:1:1: unknown key 'xyzzy'; tend-service(5) "},
		{"x = 1", "web:1:1: unknown key 'x'; tend-service(5) "},
		{"ExecStart = x", "web:1:1: unknown key 'ExecStart'; tend-"},
		{"comma\xc3\xa9 = x", "web:1:1: unknown key "},
	};

	(void)state;
	CHECK(rows);
}

static void
test_def_apply_of_many_names_keeps_all(void **state)
{
	size_t count = 100000, len = 0;
	char *text = malloc(count * 16);

	(void)state;
	for (size_t i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "after = n%zu\n", i % 1000);
	parse_bytes(text, len);
	assert_non_null(strstr(message, "web: no command"));
	assert_int_equal(def.after.len, count);
	assert_string_equal(def.after.item[99999], "n999");
	free(text);
}

static void
test_def_apply_into_a_full_arena_says_so(void **state)
{
	static const char text[] = "command = /bin/x\nrequires = a b c d e f\n"
				   "environment = A=1 B=2 C=3 D=4 E=5\n";
	bool is_good = false;

	(void)state;
	for (size_t cap = 0; !is_good; cap++) {
		struct def_error error;

		assert_true(cap < 1024);
		arena_init(&arena, memory, cap);
		def_init(&def);
		is_good = def_apply(
			&def, &arena, "web", text, sizeof(text) - 1, &error);
		if (!is_good)
			assert_non_null(strstr(error.text, "too large"));
	}
}

/* Applies fragments in order; each is NAME and text. */
static const char *
apply(const char *const (*fragments)[2], size_t count)
{
	struct def_error error;
	struct fmt f;
	bool is_good = true;

	arena_init(&arena, memory, ARENA_BYTES);
	def_init(&def);
	for (size_t i = 0; is_good && i < count; i++)
		is_good = def_apply(&def, &arena, fragments[i][0],
			fragments[i][1], strlen(fragments[i][1]), &error);
	fmt_init(&f, message, sizeof(message));
	if (!is_good || !def_finish(&def, &error))
		def_error_format(&f, &error);
	return message;
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
	assert_int_equal(def.command.len, 2);
	assert_string_equal(def.user, "nobody");
	assert_string_equal(apply(fragments, 4), "");
	assert_int_equal(def.command.len, 1);
	assert_string_equal(def.command.item[0], "c");
	assert_int_equal(def.requires.len, 3);
	assert_string_equal(def.requires.item[2], "r3");
	assert_int_equal(def.wants.len, 1);
	assert_string_equal(def.wants.item[0], "w2");
	assert_null(def.user);
	assert_int_equal(def.stop_timeout_ms, 3000);
	assert_int_equal(def.delays, 7);
	assert_int_equal(def.reload_signal, 0);
	assert_int_equal(def.environment.len, 2);
	assert_string_equal(def.source, "/x/web");
}

static void
test_def_apply_of_an_emptied_command_is_as_without(void **state)
{
	(void)state;
	assert_non_null(strstr(parse("command = x\ncommand ="), "no command"));
	assert_string_equal(parse("command = x\ncommand =\ncommand = y"), "");
	assert_int_equal(def.command.len, 1);
}

/* One key must not undo another one. */
static void
test_def_apply_of_autostart_and_ready_keeps_both(void **state)
{
	(void)state;
	assert_string_equal(parse("command = x\nautostart = yes\n"
				  "ready = exec\nlog = file"),
		"");
	assert_true(def.autostart);
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

static void
test_def_apply_of_too_many_commands_refuses(void **state)
{
	char text[1024] = "type = oneshot\n";

	(void)state;
	for (int i = 0; i < DEF_COMMANDS_MAX; i++)
		strcat(text, "command = x\n");
	assert_string_equal(parse(text), "");
	strcat(text, "command = x\n");
	assert_non_null(strstr(parse(text), "web:34:11: more than 32"));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_def_finish_without_keys_fills_in_defaults),
		cmocka_unit_test(
			test_def_finish_of_a_oneshot_fills_in_its_own_defaults),
		cmocka_unit_test(test_def_apply_of_each_key_stores_its_value),
		cmocka_unit_test(test_def_key_name_past_the_end_is_null),
		cmocka_unit_test(
			test_def_apply_of_bad_values_names_place_and_remedy),
		cmocka_unit_test(test_def_apply_of_good_values_accepts),
		cmocka_unit_test(
			test_def_apply_of_unknown_keys_names_the_nearest),
		cmocka_unit_test(test_def_apply_of_many_names_keeps_all),
		cmocka_unit_test(test_def_apply_into_a_full_arena_says_so),
		cmocka_unit_test(
			test_def_apply_of_dropins_replaces_adds_and_empties),
		cmocka_unit_test(
			test_def_apply_of_an_emptied_command_is_as_without),
		cmocka_unit_test(
			test_def_apply_of_autostart_and_ready_keeps_both),
		cmocka_unit_test(
			test_def_finish_of_contradictions_names_the_place),
		cmocka_unit_test(test_def_apply_of_too_many_commands_refuses),
		cmocka_unit_test(
			test_def_command_flags_of_prefixes_strips_each_once),
		cmocka_unit_test(test_def_error_format_leaves_out_what_is_zero),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
