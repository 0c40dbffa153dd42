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

static void
test_load_all_of_settings_puts_defaults_first(void **state)
{
	(void)state;
	image_put("usr/lib/tend/tend.conf",
		"default-user = lib\nstart = enabled\n"
		"status-mode = 0640\n");
	image_put("etc/tend/tend.conf",
		"# c\nstart = all\n\n  default-stop-timeout = 3s # x\n"
		"default-environment = A=1 \\\n B=2\n"
		"control-group = adm\nservice-path = /srv/a  /srv/b\n"
		"default-user = etc\nlog-group = ops\n"
		"log-format = json\nlog-syslog = tcp:[::1]:6514\n"
		"log-max-total = 64M\nlog-sources = kmsg  syslog\n"
		"log-syslog-socket = /run/log\n");
	image_put(ETC "a", "command = x\n");
	image_put("srv/a/a", "command = no\n");
	image_put("srv/b/z", "command = z\n");
	image_put("srv/b/a.d/1.conf", "group = g\n");
	assert_int_equal(image_reload(), 2);
	assert_string_equal(image_message, "");
	assert_true(image_load.settings.is_start_set);
	assert_true(image_load.settings.start_all);
	assert_string_equal(image_load.settings.control_group, "adm");
	assert_int_equal(image_load.settings.status_mode, 0640);
	assert_string_equal(image_load.settings.log_group, "ops");
	assert_int_equal(image_load.settings.log_max_total, 64 << 20);
	assert_int_equal(
		image_load.settings.log_sources, LOAD_SYSLOG | LOAD_KMSG);
	assert_string_equal(image_load.settings.log_syslog_socket, "/run/log");
	assert_true(image_load.settings.is_log_json);
	assert_string_equal(image_load.settings.log_syslog, "tcp:[::1]:6514");
	assert_string_equal(image_section_of("a"),
		"+ 19 /usr/lib/tend/tend.conf\n        user = lib\n"
		"+ 85 /etc/tend/tend.conf\n\n\n\n"
		"          stop-timeout = 3s\n"
		"        environment = A=1 \\\n B=2\n\n\n"
		"        user = etc\n"
		"+ 12 /etc/tend/services/a\ncommand = x\n"
		"+ 10 /srv/b/a.d/1.conf\ngroup = g\n");
	assert_string_equal(image_files_of("z"),
		"+/usr/lib/tend/tend.conf +/etc/tend/tend.conf +/srv/b/z ");
}

static void
test_load_all_of_a_source_leaves_its_name_to_it(void **state)
{
	(void)state;
	image_put("etc/tend/tend.conf", "log-sources = syslog\n");
	image_put(ETC "syslog", "command = x\n");
	image_put(ETC "kmsg", "command = x\n");
	assert_int_equal(image_reload(), 2);
	assert_string_equal(
		image_files_of("kmsg"), "+/etc/tend/services/kmsg ");
	assert_string_equal(
		image_files_of("syslog"), "!/etc/tend/services/syslog ");
	assert_has(image_section_of("syslog"),
		"services/syslog: log-sources of tend.conf has a log of this");
	image_put("etc/tend/tend.conf", "log-sources =\n");
	assert_int_equal(image_reload(), 2);
	assert_string_equal(
		image_files_of("syslog"), "+/etc/tend/services/syslog ");
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
		{"log-syslog = tcp:host", ":1:14: there is no :PORT"},
		{"log-format = xml", ":1:14: 'xml' is neither text nor json"},
		{"log-group = a/b", ":1:13: 'a/b' is no name of a group"},
		{"log-max-total = much", ":1:17: 'much' is no size"},
		{"log-sources = syslog dmesg",
			":1:15: 'dmesg' is neither syslog nor kmsg"},
		{"log-syslog-socket = log", ":1:21: not an absolute path"},
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
	image_put(ETC "a", "command = x\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		image_put("etc/tend/tend.conf", rows[i].text);
		assert_int_equal(image_reload(), 1);
		assert_starts(image_message, image_root);
		assert_starts(image_message + strlen(image_root),
			"/etc/tend/tend.conf");
		assert_starts(
			image_message + strlen(image_root) + 19, rows[i].error);
		assert_false(image_load.settings.is_start_set);
		assert_string_equal(
			image_files_of("a"), "+/etc/tend/services/a ");
	}
	image_put("etc/tend/tend.conf", "start = enabled\n");
	image_mode("etc/tend/tend.conf", 0666);
	assert_int_equal(image_reload(), 1);
	assert_has(image_message, "tend.conf: others can write it");
	assert_false(image_load.settings.is_start_set);
}

static void
test_load_all_with_wants_enables_and_adds_edges(void **state)
{
	(void)state;
	image_put(ETC "default", "type = target\n");
	image_put(LIB "multi", "type = target\n");
	image_put(LIB "web", "command = x\n");
	image_put(LIB "db", "command = x\n");
	image_put(LIB "ntp", "command = x\n");
	image_put(LIB "off", "command = x\nautostart = no\n");
	image_link("etc/tend/default.wants/web", "../../lib/x");
	image_put("etc/tend/default.wants/db", "");
	image_put("etc/tend/default.wants/multi", "");
	image_put("etc/tend/default.wants/.x", "");
	image_put("usr/lib/tend/default.wants/ntp", "");
	image_put("usr/lib/tend/default.wants/web", "");
	image_link("run/tend/default.wants/ntp", "/dev/null");
	image_put("usr/lib/tend/multi.wants/ghost", "");
	image_put("usr/lib/tend/nobody.wants/ntp", "");
	assert_int_equal(image_reload(), 6);
	assert_false(image_load.settings.start_all);
	assert_string_equal(image_section_of("default"),
		"+ 14 /etc/tend/services/default\ntype = target\n"
		"+ 37 /etc/tend/default.wants\n"
		"wants = db\nwants = multi\nwants = web\n");
	assert_has(image_section_of("multi"),
		"+ 14 /usr/lib/tend/multi.wants\nwants = ghost\n");
	assert_int_equal(image_enabled_of("web"), ENABLED_YES);
	assert_int_equal(image_enabled_of("db"), ENABLED_YES);
	assert_int_equal(
		image_enabled_of("ntp"), ENABLED_YES); /* nobody.wants */
	assert_int_equal(image_enabled_of("off"), ENABLED_NO);
	assert_int_equal(image_enabled_of("default"), ENABLED_YES);
	image_put("etc/tend/tend.conf", "start = all\n");
	assert_int_equal(image_reload(), 6);
	assert_null(strstr(image_section_of("default"), "wants"));
	assert_int_equal(image_enabled_of("ntp"), ENABLED_YES);
	assert_int_equal(image_enabled_of("off"), ENABLED_NO);
}

static void
test_load_all_with_wants_taken_away_disables(void **state)
{
	(void)state;
	image_put(ETC "default", "type = target\n");
	image_put(LIB "ntp", "command = x\n");
	image_put("usr/lib/tend/default.wants/ntp", "");
	image_link("etc/tend/default.wants/ntp", "/dev/null");
	assert_int_equal(image_reload(), 2);
	assert_int_equal(image_enabled_of("ntp"), ENABLED_NO);
	assert_null(strstr(image_section_of("default"), "wants"));
}

static void
test_load_all_with_wants_that_others_can_write_warns(void **state)
{
	(void)state;
	image_put(ETC "default", "type = target\n");
	image_put(ETC "a", "command = x\n");
	image_put("etc/tend/default.wants/a", "");
	image_mode("etc/tend/default.wants", 0777);
	assert_int_equal(image_reload(), 2);
	assert_int_equal(image_enabled_of("a"), ENABLED_NO);
	assert_has(image_warnings, "default.wants: others can write it");
}

/* H31: an unreadable directory */
static void
test_load_all_of_an_unreadable_place_warns_and_goes_on(void **state)
{
	(void)state;
	image_put("etc/tend/services", "not a directory\n");
	image_put(LIB "a", "command = x\n");
	assert_int_equal(image_reload(), 1);
	assert_has(image_warnings,
		"/etc/tend/services: cannot be read: Not a dir");
	assert_string_equal(image_files_of("a"), "+/usr/lib/tend/services/a ");
	if (geteuid() == 0)
		return;
	image_put(RUN "b", "command = x\n");
	image_mode(RUN, 0);
	assert_int_equal(image_reload(), 1);
	assert_has(image_warnings,
		"/run/tend/services: cannot be read: Permission");
	image_mode(RUN, 0755);
}

static void
test_load_all_of_odd_paths_quotes_the_script(void **state)
{
	struct paths_options options = {0};
	char config[128], run[256];
	struct loaded_section section;

	(void)state;
	snprintf(config, sizeof(config), "%s/o'd d%%n #$x", image_root);
	image_put("o'd d%n #$x/services/a/run", "#!/bin/sh\n");
	image_mode("o'd d%n #$x/services/a/run", 0755);
	options.config = config;
	assert_true(load_open(
		&image_load, &options, image_message, sizeof(image_message)));
	assert_int_equal(load_all(&image_load, &image_all, NULL), 1);
	assert_true(image_find("a", &section));
	assert_int_equal(section.bytes[0], '+');
	snprintf(run, sizeof(run),
		"command = '%s/o'\\''d d%%n #$x/services/"
		"a/run'",
		image_root);
	assert_non_null(memmem(section.bytes, section.len, run, strlen(run)));
}

static void
test_load_open_of_a_path_with_a_newline_reads_nothing(void **state)
{
	struct paths_options options = {.config = "/tmp/a\nb"};

	(void)state;
	assert_false(load_open(
		&image_load, &options, image_message, sizeof(image_message)));
	assert_int_equal(image_load.roots, 0);
	assert_int_equal(load_all(&image_load, &image_all, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load_all_of_settings_puts_defaults_first),
		TEST(test_load_all_of_a_source_leaves_its_name_to_it),
		TEST(test_load_open_of_bad_settings_names_the_place),
		TEST(test_load_all_with_wants_enables_and_adds_edges),
		TEST(test_load_all_with_wants_taken_away_disables),
		TEST(test_load_all_with_wants_that_others_can_write_warns),
		TEST(test_load_all_of_an_unreadable_place_warns_and_goes_on),
		TEST(test_load_all_of_odd_paths_quotes_the_script),
		TEST(test_load_open_of_a_path_with_a_newline_reads_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
