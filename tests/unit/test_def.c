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

static void
test_def_finish_without_keys_fills_in_defaults(void **state)
{
	static const uint32_t delays[] = {
		0, 200, 1000, 2000, 5000, 10000, 30000};

	(void)state;
	assert_string_equal(parsed_text("command = x"), "");
	assert_int_equal(parsed_def.type, TYPE_PROCESS);
	assert_int_equal(parsed_def.restart, RESTART_ALWAYS);
	assert_int_equal(parsed_def.delays, 7);
	assert_memory_equal(parsed_def.delay_ms, delays, sizeof(delays));
	assert_int_equal(parsed_def.limit_count, 0);
	assert_int_equal(parsed_def.restart_reset_ms, 60000);
	assert_int_equal(parsed_def.start_timeout_ms, 60000);
	assert_int_equal(parsed_def.stop_timeout_ms, 10000);
	assert_int_equal(parsed_def.stop_signal, SIGTERM);
	assert_int_equal(parsed_def.reload_signal, 0);
	assert_int_equal(parsed_def.kill_mode, KILL_GROUP);
	assert_int_equal(parsed_def.log, LOG_TO_DEFAULT);
	assert_true(parsed_def.log_streams);
	assert_int_equal(parsed_def.log_size, 1 << 20);
	assert_int_equal(parsed_def.log_keep, 10);
	assert_int_equal(parsed_def.log_age_ms, DURATION_NONE);
	assert_int_equal(parsed_def.log_line_max, 8192);
	assert_int_equal(parsed_def.log_overflow, OVERFLOW_BLOCK);
	assert_null(parsed_def.log_processor);
	assert_true(parsed_def.autostart);
	assert_true(parsed_def.remain_after_exit);
	assert_null(parsed_def.user);
	assert_null(parsed_def.working_directory);
	assert_int_equal(parsed_def.requires.len, 0);
	assert_string_equal(parsed_def.source, "web");
}

static void
test_def_finish_of_a_oneshot_fills_in_its_own_defaults(void **state)
{
	(void)state;
	assert_string_equal(parsed_text("type = oneshot\ncommand = x"), "");
	assert_int_equal(parsed_def.restart, RESTART_NEVER);
	assert_int_equal(parsed_def.start_timeout_ms, DURATION_NONE);
	assert_string_equal(
		parsed_text(
			"type = oneshot\ncommand = x\nrestart = on-failure\n"
			"start-timeout = 3s"),
		"");
	assert_int_equal(parsed_def.restart, RESTART_ON_FAILURE);
	assert_int_equal(parsed_def.start_timeout_ms, 3000);
}

static void
test_def_apply_of_each_key_of_output_stores_its_value(void **state)
{
	(void)state;
	assert_string_equal(parsed_text("command = x\n"
					"log = file  stdout syslog service:s\n"
					"log-streams = no\n"
					"log-size = 64K\n"
					"log-keep = 3\n"
					"log-age = 1d\n"
					"log-line-max = 1K\n"
					"log-overflow = drop\n"
					"log-processor = zstd -q\n"),
		"");
	assert_int_equal(parsed_def.log,
		LOG_TO_FILE | LOG_TO_STDOUT | LOG_TO_SYSLOG | LOG_TO_SERVICE);
	assert_string_equal(parsed_def.log_service, "s");
	assert_false(parsed_def.log_streams);
	assert_int_equal(parsed_def.log_size, 65536);
	assert_int_equal(parsed_def.log_keep, 3);
	assert_int_equal(parsed_def.log_age_ms, 86400000);
	assert_int_equal(parsed_def.log_line_max, 1024);
	assert_int_equal(parsed_def.log_overflow, OVERFLOW_DROP);
	assert_string_equal(parsed_def.log_processor, "zstd -q");
}

/* Long, since it is a list. */
/* NOLINTBEGIN(readability-function-size) */
static void
test_def_apply_of_each_key_stores_its_value(void **state)
{
	(void)state;
	assert_string_equal(
		parsed_text("description = My  server\n"
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
			    "ready = unix:/run/%n.sock\n"
			    "notify-access = all\n"
			    "health = pid-file\n"
			    "health-interval = 7\n"
			    "health-timeout = 8\n"
			    "health-retries = 9\n"
			    "watchdog = 10\n"
			    "remain-after-exit = off\n"
			    "reload-signal = HUP\n"
			    "enable-in = multi\n"
			    "start-pre = a\n"
			    "start-pre = b\n"
			    "start-post = c\n"
			    "stop-command = -d\n"
			    "stop-post = +e\n"
			    "reload-command = f g\n"
			    "pid-file = /run/x.pid\n"),
		"");
	assert_string_equal(
		def_part_command(&parsed_def, PART_START_PRE, 1), "b");
	assert_null(def_part_command(&parsed_def, PART_START_PRE, 2));
	assert_string_equal(
		def_part_command(&parsed_def, PART_START_POST, 0), "c");
	assert_string_equal(def_part_command(&parsed_def, PART_STOP, 0), "-d");
	assert_string_equal(
		def_part_command(&parsed_def, PART_STOP_POST, 0), "+e");
	assert_string_equal(
		def_part_command(&parsed_def, PART_RELOAD, 0), "f g");
	assert_null(def_part_command(&parsed_def, PARTS, 0));
	assert_string_equal(parsed_def.pid_file, "/run/x.pid");
	assert_string_equal(parsed_def.description, "My  server");
	assert_string_equal(parsed_def.command.item[0], "-+/bin/x 'a b'");
	assert_int_equal(parsed_def.requires.len, 2);
	assert_string_equal(parsed_def.requires.item[0], "a");
	assert_string_equal(parsed_def.requires.item[1], "b");
	assert_string_equal(parsed_def.wants.item[0], "c");
	assert_int_equal(parsed_def.after.len, 2);
	assert_string_equal(parsed_def.after.item[1], "e");
	assert_string_equal(parsed_def.before.item[0], "f");
	assert_int_equal(parsed_def.restart, RESTART_ON_ABNORMAL);
	assert_int_equal(parsed_def.delays, 4);
	assert_int_equal(parsed_def.delay_ms[1], 200);
	assert_int_equal(parsed_def.delay_ms[3], 60000);
	assert_int_equal(parsed_def.limit_count, 5);
	assert_int_equal(parsed_def.limit_ms, 10000);
	assert_int_equal(parsed_def.restart_reset_ms, DURATION_NONE);
	assert_int_equal(parsed_def.stop_signal, SIGINT);
	assert_int_equal(parsed_def.stop_timeout_ms, DURATION_NONE);
	assert_int_equal(parsed_def.start_timeout_ms, 90000);
	assert_int_equal(parsed_def.kill_mode, KILL_PROCESS);
	assert_string_equal(parsed_def.user, "joe");
	assert_string_equal(parsed_def.group, "33");
	assert_int_equal(parsed_def.environment.len, 4);
	assert_string_equal(parsed_def.environment.item[1], "B=x y");
	assert_string_equal(parsed_def.environment.item[2], "C=%n");
	assert_string_equal(parsed_def.environment.item[3], "D=");
	assert_int_equal(parsed_def.environment_file.len, 2);
	assert_string_equal(
		parsed_def.environment_file.item[0], "-/etc/default/%n");
	assert_string_equal(parsed_def.working_directory, "/srv/a b");
	assert_false(parsed_def.autostart);
	assert_string_equal(parsed_def.ready, "unix:/run/%n.sock");
	assert_int_equal(parsed_def.notify_access, ACCESS_ALL);
	assert_string_equal(parsed_def.health, "pid-file");
	assert_int_equal(parsed_def.health_interval_ms, 7000);
	assert_int_equal(parsed_def.health_timeout_ms, 8000);
	assert_int_equal(parsed_def.health_retries, 9);
	assert_int_equal(parsed_def.watchdog_ms, 10000);
	assert_false(parsed_def.remain_after_exit);
	assert_int_equal(parsed_def.reload_signal, SIGHUP);
	assert_string_equal(parsed_def.enable_in.item[0], "multi");
}
/* NOLINTEND(readability-function-size) */

/* Each key of the table must appear in the test of values above. */
enum {
#define KEY(name, symbol, sort, setter, member) KEY_##symbol,
#include "lib/keys.def"
#undef KEY
	KEYS
};

static void
test_def_key_name_past_the_end_is_null(void **state)
{
	unsigned n = 0;

	(void)state;
	while (def_key_name(n) != NULL)
		n++;
	assert_int_equal(n, KEYS);
	assert_null(def_key_name(n + 1));
	assert_null(def_key_name(~0u));
}

static void
test_def_apply_of_bad_readiness_names_place_and_remedy(void **state)
{
	static const struct row rows[] = {
		{"ready = ready", "web:1:9: 'ready' is none of exec, notify, "},
		{"ready = tcp", "web:1:9: 'tcp' is not complete; write "},
		{"ready = fd:1", "web:1:9: 'fd:1' is not right; fd:N takes"},
		{"ready = after:x", "web:1:9: 'after:x' is not right; "},
		{"ready = tcp:www:80", "web:1:9: 'tcp:www:80' is not right"},
		{"ready = http://www/", "web:1:9: 'http://www/' is not right"},
		{"ready = https://[::1]/", "web:1:9: 'https://[::1]/' is not "
					   "spoken here; use command:"},
		{"ready = unix:run/x", "web:1:14: 'run/x' is not an absolute"},
		{"ready = unix:/a b", "web:1:14: the path of a socket has "},
		{"ready = unix:/a%z", "web:1:16: "},
		{"ready = pid-file\ncommand = x", "web: which file? add "},
		{"health = pid-file\ncommand = x", "web: which file? add "},
		{"health = notify", "web:1:10: 'notify' can be told once, not "
				    "asked for again; write tcp:, unix:, "
				    "http:, pid-file or command:, or use "
				    "watchdog"},
		{"health = exec", "web:1:10: 'exec' can be told once"},
		{"health = fd:3", "web:1:10: 'fd:3' can be told once"},
		{"health = after:3", "web:1:10: 'after:3' can be told once"},
		{"health-retries = 0", "web:1:18: '0' is no number from 1 to"},
		{"health-retries = 101", "web:1:18: '101' is no number"},
		{"health-retries = 1x", "web:1:18: '1x' is no number"},
		{"notify-access = none", "web:1:17: 'none' is neither main"},
	};

	(void)state;
	CHECK(rows);
}

static void
test_def_apply_of_bad_values_names_place_and_remedy(void **state)
{
	static const struct row rows[] = {
		{"type = proces", "web:1:8: 'proces' is none of process, "},
		{"type = simple", "web:1:8: "},
		{"type = Process", "web:1:8: "},
		{"type = process x", "web:1:8: "},
		{"restart = yes", "web:1:11: 'yes' is none of always, "},
		{"kill-mode = cgroup", "web:1:13: 'cgroup' is none of group, "},
		{"log = sylog", "web:1:7: 'sylog' is none of file, "},
		{"log = file syslogd", "web:1:12: 'syslogd' is none of file, "},
		{"log = file none", "web:1:12: 'none' stands alone"},
		{"log = none file", "web:1:12: 'none' stands alone"},
		{"log = none none", "web:1:12: 'none' stands alone"},
		{"log = service:", "web:1:7: 'service:' is none of file, "},
		{"log = service:-a", "web:1:15: '-a' is no name of a service"},
		{"log = service:a service:b", "web:1:17: only one service"},
		{"log-size = big", "web:1:12: 'big' is no size"},
		{"log-line-max = x", "web:1:16: 'x' is no size"},
		{"log-line-max = 127", "web:1:16: from 128 to 65536 bytes"},
		{"log-line-max = 65537", "web:1:16: from 128 to 65536 bytes"},
		{"log-keep = 1x", "web:1:12: '1x' is no number"},
		{"log-keep = 100001", "web:1:12: '100001' is no number"},
		{"log-overflow = lose", "web:1:16: 'lose' is neither block"},
		{"log-processor = gzip | tee", "web:1:22: "},
		{"log-streams = 2", "web:1:15: "},
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
	};

	(void)state;
	CHECK(rows);
}

static void
test_def_apply_of_bad_words_and_paths_names_place_and_remedy(void **state)
{
	static const struct row rows[] = {
		{"environment = FOO", "web:1:15: word 1 is not NAME=value"},
		{"environment = A=1 =x", "web:1:19: word 2 is not NAME=value"},
		{"environment = A=1 2B=x", "web:1:19: "},
		{"environment = A-B=x", "web:1:15: "},
		{"environment = A=1 B=2;", "web:1:22: a bare ';'; quote it"},
		{"environment = 'A=1", "web:1:15: "},
		{"environment = A0=1 _9=2 B", "web:1:25: word 3 is not"},
		{"environment-file = / x", "web:1:22: 'x' is not an abs"},
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
		/* Two edits; and of two that are near, the nearer one. */
		{"rquirse = x", "web:1:1: unknown key 'rquirse'; did you mean "
				"'requires'?"},
		{"stot-timeout = x", "web:1:1: unknown key 'stot-timeout'; did "
				     "you mean 'stop-timeout'?"},
		/* Two edits make "log" of two letters, and what not. */
		{"xo = x", "web:1:1: unknown key 'xo'; tend-service(5) "},
		{"a123456789b123456789c123456789d123456789e = x",
			"web:1:1: unknown key "
			"'a123456789b123456789c123456789d123456789'; tend-"},
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
	parsed_bytes(text, len);
	assert_non_null(strstr(parsed_message, "web: no command"));
	assert_int_equal(parsed_def.after.len, count);
	assert_string_equal(parsed_def.after.item[99999], "n999");
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
		arena_init(&parsed_arena, parsed_memory, cap);
		def_init(&parsed_def);
		is_good = def_apply(&parsed_def, &parsed_arena, "web", text,
			sizeof(text) - 1, &error);
		if (!is_good)
			assert_non_null(strstr(error.text, "too large"));
	}
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
		cmocka_unit_test(
			test_def_apply_of_each_key_of_output_stores_its_value),
		cmocka_unit_test(test_def_key_name_past_the_end_is_null),
		cmocka_unit_test(
			test_def_apply_of_bad_readiness_names_place_and_remedy),
		cmocka_unit_test(
			test_def_apply_of_bad_values_names_place_and_remedy),
		cmocka_unit_test(
			test_def_apply_of_bad_words_and_paths_names_place_and_remedy),
		cmocka_unit_test(test_def_apply_of_good_values_accepts),
		cmocka_unit_test(
			test_def_apply_of_unknown_keys_names_the_nearest),
		cmocka_unit_test(test_def_apply_of_many_names_keeps_all),
		cmocka_unit_test(test_def_apply_into_a_full_arena_says_so),
	};

	return cmocka_run_group_tests(tests, parsed_setup, parsed_teardown);
}
