#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "supervisor/build.h"

static char text[8192];
static struct fmt out;
static struct build b;
static uint32_t next_id;

static uint32_t
give_id(void *context, const char *name)
{
	(void)context;
	(void)name;
	return next_id++;
}

static int
set_up(void **state)
{
	(void)state;
	fmt_init(&out, text, sizeof(text));
	fmt_str(&out, LOADED_HEADER);
	next_id = 0;
	memset(&b, 0, sizeof(b));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	build_free(&b);
	return 0;
}

/* Names have to come sorted. */
static void
add(const char *name, const char *lines)
{
	char fragment[512];
	struct fmt f;

	fmt_init(&f, fragment, sizeof(fragment));
	fmt_printf(&f, "+ %zu /etc/%s\ncommand = /bin/x\n%s",
		strlen("command = /bin/x\n") + strlen(lines), name, lines);
	fmt_printf(&out, "@ %s enabled %zu\n%s", name, f.len, fragment);
}

static void
make(uint32_t count)
{
	assert_false(out.is_cut);
	assert_true(build_make(&b, text, out.len, give_id, NULL, 0, NULL));
	assert_int_equal(b.count, count);
}

/* The line of svlog's settings for a service, "" if it has none. */
static const char *
log_line(const char *name)
{
	static char line[256];
	const char *at = b.logs;
	size_t len = strlen(name);

	for (; at && at < b.logs + b.logs_len; at = strchr(at, '\n') + 1)
		if (strncmp(at, name, len) == 0 && at[len] == ' ') {
			len = strcspn(at, "\n");
			assert_true(len < sizeof(line));
			memcpy(line, at, len);
			line[len] = '\0';
			return line;
		}
	return "";
}

static void
test_build_make_of_logs_writes_a_line_each(void **state)
{
	uint32_t edges;

	(void)state;
	add("a", "");
	add("b", "log = none\n");
	add("c", "log = syslog file stdout service:a\nlog-streams = no\n"
		 "log-size = 0\nlog-keep = 0\nlog-age = 1500ms\n"
		 "log-line-max = 1K\nlog-overflow = drop\n"
		 "log-processor = gzip -9 'x y'\n");
	make(3);
	assert_string_equal(log_line("a"),
		"a to=default streams=2 size=1048576 keep=10 line-max=8192 "
		"overflow=block age=0");
	assert_string_equal(log_line("b"), "");
	assert_string_equal(log_line("c"),
		"c to=file,stdout,syslog,service:a streams=1 size=0 keep=0 "
		"line-max=1024 overflow=drop age=2 processor=gzip -9 'x y'");
	/* It is there first and ends last. */
	edges = b.deps.first[build_find(&b, "c")->id];
	assert_int_equal(b.deps.edge[edges].to, build_find(&b, "a")->id);
	assert_int_equal(b.deps.edge[edges].flags, EDGE_WANTS | EDGE_AFTER);
	assert_true(build_find(&b, "a")->is_sink);
	assert_false(build_find(&b, "c")->is_sink);
}

static void
test_build_make_of_a_log_to_nobody_is_invalid(void **state)
{
	(void)state;
	add("a", "log = service:nobdy\n");
	add("b", "log = service:b\n");
	add("nobody", "");
	make(3);
	assert_int_equal(b.invalid, 2);
	assert_string_equal(build_string(&b, build_find(&b, "a")->error),
		"/etc/a: log: no service 'nobdy'; did you mean 'nobody'?");
	assert_string_equal(build_string(&b, build_find(&b, "b")->error),
		"log: b -> b: its lines would come back");
}

static void
test_build_make_of_logs_in_a_circle_is_invalid_whatever_the_order(void **state)
{
	(void)state;
	/* By `after` their order is none. */
	add("a", "log = service:b\n");
	add("b", "after = a\nlog = service:c\n");
	add("c", "log = service:a\n");
	add("d", "log = service:a\n");
	make(4);
	assert_int_equal(b.invalid, 4);
	assert_string_equal(build_string(&b, build_find(&b, "c")->error),
		"log: c -> a -> b -> c: its lines would come back");
	assert_non_null(strstr(
		build_string(&b, build_find(&b, "d")->error), ": too many"));
}

static void
test_build_make_of_a_long_chain_of_logs_says_so(void **state)
{
	char name[] = "a";
	char lines[] = "log = service:b\n";

	(void)state;
	for (; name[0] < 'r'; name[0]++) {
		lines[sizeof(lines) - 3] = (char)(name[0] + 1);
		add(name, lines);
	}
	add("r", "");
	make(18);
	assert_int_equal(b.invalid, 1);
	assert_int_equal(build_find(&b, "a")->state, SVC_INVALID);
	assert_int_equal(build_find(&b, "b")->state, SVC_DOWN);
}

/* By another name, known only once all definitions are: shorter and longer. */
static void
test_build_make_of_a_log_to_an_alias_names_the_service(void **state)
{
	(void)state;
	add("a", "log = file service:s\nlog-processor = gzip service:s\n");
	add("b", "log = service:a-long-other-name\nlog-streams = no\n");
	add("collector", "provides = s a-long-other-name\n");
	make(3);
	assert_int_equal(b.invalid, 0);
	assert_string_equal(log_line("a"),
		"a to=file,service:collector streams=2 size=1048576 keep=10 "
		"line-max=8192 overflow=block age=0 "
		"processor=gzip service:s");
	assert_string_equal(log_line("b"),
		"b to=service:collector streams=1 size=1048576 keep=10 "
		"line-max=8192 overflow=block age=0");
	assert_string_equal(log_line("collector"),
		"collector to=default streams=2 size=1048576 keep=10 "
		"line-max=8192 overflow=block age=0");
	assert_true(build_find(&b, "collector")->is_sink);
	assert_int_equal(b.deps.edge[b.deps.first[build_find(&b, "a")->id]].to,
		build_find(&b, "collector")->id);
}

#define BUILD_TEST(test)                                                       \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#define SOURCE_LINE                                                            \
	" to=stdout streams=1 size=65536 keep=3 line-max=8192 overflow=block " \
	"age=0 processor=zstd -q\n"

static const char all_lines[] =
	"syslog source=syslog" SOURCE_LINE "kmsg source=kmsg" SOURCE_LINE;

static void
test_build_add_sources_takes_the_defaults(void **state)
{
	static const char settings[] =
		" log-size = 64K\n log-keep = 3\n log = none\n"
		" log-streams = yes\n log-processor = zstd -q\n";
	char defaults[256];
	struct load load = {.settings.log_sources = LOAD_SYSLOG | LOAD_KMSG};
	struct fmt f;

	(void)state;
	fmt_init(&f, defaults, sizeof(defaults));
	fmt_printf(&f, "+ %zu /etc/tend.conf\n%s", strlen(settings), settings);
	load.defaults = defaults;
	load.defaults_len = f.len;
	assert_true(build_add_sources(&b, &load, LOG_TO_STDOUT));
	assert_int_equal(b.logs_len, strlen(all_lines));
	assert_memory_equal(b.logs, all_lines, b.logs_len);
}

static void
test_build_add_sources_of_none_is_nothing(void **state)
{
	struct load load = {.defaults = NULL};

	(void)state;
	assert_true(build_add_sources(&b, &load, LOG_TO_FILE));
	assert_int_equal(b.logs_len, 0);
	load.settings.log_sources = LOAD_KMSG;
	assert_true(build_add_sources(&b, &load, LOG_TO_FILE));
	assert_memory_equal(b.logs, "kmsg source=kmsg to=file streams=1 ", 35);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUILD_TEST(test_build_make_of_logs_writes_a_line_each),
		BUILD_TEST(test_build_make_of_a_log_to_nobody_is_invalid),
		BUILD_TEST(
			test_build_make_of_logs_in_a_circle_is_invalid_whatever_the_order),
		BUILD_TEST(test_build_make_of_a_long_chain_of_logs_says_so),
		BUILD_TEST(
			test_build_make_of_a_log_to_an_alias_names_the_service),
		BUILD_TEST(test_build_add_sources_takes_the_defaults),
		BUILD_TEST(test_build_add_sources_of_none_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
