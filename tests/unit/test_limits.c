#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/limits.h"
#include "tests/unit/parsed.h"

#define NONE LIMITS_INFINITY

static void
test_limits_pair_parse_of_good_texts_gives_both_values(void **state)
{
	static const struct {
		const char *text;
		enum limits_unit unit;
		struct limits_pair pair;
	} rows[] = {
		{"1024", LIMITS_COUNT, {1024, 1024}},
		{"0", LIMITS_COUNT, {0, 0}},
		{"1024:524288", LIMITS_COUNT, {1024, 524288}},
		{"5:5", LIMITS_COUNT, {5, 5}},
		{"infinity", LIMITS_COUNT, {NONE, NONE}},
		{"8:infinity", LIMITS_COUNT, {8, NONE}},
		{"0", LIMITS_BYTES, {0, 0}},
		{"64K", LIMITS_BYTES, {65536, 65536}},
		{"0:1G", LIMITS_BYTES, {0, 1u << 30}},
		{"infinity:infinity", LIMITS_BYTES, {NONE, NONE}},
		{"90", LIMITS_SECONDS, {90, 90}},
		{"90s:2min", LIMITS_SECONDS, {90, 120}},
		{"1500ms", LIMITS_SECONDS, {2, 2}},
		{"1001ms", LIMITS_SECONDS, {2, 2}},
		{"1s:infinity", LIMITS_SECONDS, {1, NONE}},
		{"9000000000", LIMITS_SECONDS, {9000000000, 9000000000}},
		{"200", LIMITS_USEC, {200, 200}},
		{"200ms", LIMITS_USEC, {200000, 200000}},
		{"200:1s", LIMITS_USEC, {200, 1000000}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct limits_pair pair = {7, 7};

		if (!limits_pair_parse(rows[i].text, rows[i].unit, &pair))
			fail_msg("refused '%s'", rows[i].text);
		if (pair.soft != rows[i].pair.soft ||
			pair.hard != rows[i].pair.hard)
			fail_msg("'%s' is %llu:%llu", rows[i].text,
				(unsigned long long)pair.soft,
				(unsigned long long)pair.hard);
	}
}

static void
test_limits_pair_parse_of_bad_texts_is_refused(void **state)
{
	static const char *const bad[] = {"", ":", "1:", ":1", "-1", "+1", "x",
		"2:1", "infinity:1", "1:2:3", "1 2", "1 :2", "infinit",
		"infinityy", "99999999999999999999"};
	struct limits_pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (enum limits_unit unit = LIMITS_COUNT; unit <= LIMITS_USEC;
			unit++)
			if (limits_pair_parse(bad[i], unit, &pair))
				fail_msg("took '%s'", bad[i]);
	assert_false(limits_pair_parse("64K", LIMITS_COUNT, &pair));
	assert_false(limits_pair_parse("10s", LIMITS_COUNT, &pair));
	assert_false(limits_pair_parse("10s", LIMITS_BYTES, &pair));
	assert_false(limits_pair_parse("64K", LIMITS_SECONDS, &pair));
}

static void
test_limits_number_parse_holds_its_bounds(void **state)
{
	int number = 0;

	(void)state;
	assert_true(limits_number_parse("-20", -20, 19, &number));
	assert_int_equal(number, -20);
	assert_true(limits_number_parse("+19", -20, 19, &number));
	assert_int_equal(number, 19);
	assert_true(limits_number_parse("0", -20, 19, &number));
	assert_int_equal(number, 0);
	assert_true(limits_number_parse("-1000", -1000, 1000, &number));
	assert_int_equal(number, -1000);
	assert_false(limits_number_parse("-21", -20, 19, &number));
	assert_false(limits_number_parse("20", -20, 19, &number));
	assert_false(limits_number_parse("", -20, 19, &number));
	assert_false(limits_number_parse("-", -20, 19, &number));
	assert_false(limits_number_parse("--1", -20, 19, &number));
	assert_false(limits_number_parse("1a", -20, 19, &number));
	assert_false(limits_number_parse("4294967297", -20, 19, &number));
}

static void
test_limits_umask_parse_takes_octal_digits(void **state)
{
	unsigned mask = 1;

	(void)state;
	assert_true(limits_umask_parse("022", &mask));
	assert_int_equal(mask, 022);
	assert_true(limits_umask_parse("0", &mask));
	assert_int_equal(mask, 0);
	assert_true(limits_umask_parse("0777", &mask));
	assert_int_equal(mask, 0777);
	assert_false(limits_umask_parse("", &mask));
	assert_false(limits_umask_parse("1000", &mask));
	assert_false(limits_umask_parse("00022", &mask));
	assert_false(limits_umask_parse("08", &mask));
	assert_false(limits_umask_parse("u=rwx", &mask));
}

static void
test_limits_priorities_are_what_the_kernel_wants(void **state)
{
	int value = 0, policy = 0;

	(void)state;
	assert_true(limits_io_priority_parse("none", &value));
	assert_int_equal(value, 0);
	assert_true(limits_io_priority_parse("realtime:0", &value));
	assert_int_equal(value, 1 << 13);
	assert_true(limits_io_priority_parse("best-effort:7", &value));
	assert_int_equal(value, 2 << 13 | 7);
	assert_true(limits_io_priority_parse("idle", &value));
	assert_int_equal(value, 3 << 13);
	assert_false(limits_io_priority_parse("idle:1", &value));
	assert_false(limits_io_priority_parse("best-effort", &value));
	assert_false(limits_io_priority_parse("best-effort:8", &value));
	assert_false(limits_io_priority_parse("best-effort:+1", &value));
	assert_false(limits_io_priority_parse("best", &value));
	assert_false(limits_io_priority_parse("", &value));
	assert_true(limits_scheduling_parse("fifo:99", &policy, &value));
	assert_int_equal(policy, 1);
	assert_int_equal(value, 99);
	assert_true(limits_scheduling_parse("rr:1", &policy, &value));
	assert_int_equal(policy, 2);
	assert_true(limits_scheduling_parse("idle", &policy, &value));
	assert_int_equal(policy, 5);
	assert_int_equal(value, 0);
	assert_true(limits_scheduling_parse("batch", &policy, &value));
	assert_int_equal(policy, 3);
	assert_false(limits_scheduling_parse("fifo:0", &policy, &value));
	assert_false(limits_scheduling_parse("fifo:100", &policy, &value));
	assert_false(limits_scheduling_parse("fifo", &policy, &value));
	assert_false(limits_scheduling_parse("other:1", &policy, &value));
}

static void
mark(void *context, unsigned cpu)
{
	bool *cpus = context;

	assert_true(cpu < 16);
	cpus[cpu] = true;
}

static void
test_limits_cpus_parse_names_each_cpu(void **state)
{
	bool cpus[16] = {false};
	unsigned most = 0;

	(void)state;
	assert_true(limits_cpus_parse("0-2 5,7", mark, cpus, &most));
	assert_int_equal(most, 7);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(cpus[i], i <= 2 || i == 5 || i == 7);
	assert_true(limits_cpus_parse(" 8191,", NULL, NULL, &most));
	assert_int_equal(most, 8191);
	assert_false(limits_cpus_parse("", NULL, NULL, &most));
	assert_false(limits_cpus_parse(" , ", NULL, NULL, &most));
	assert_false(limits_cpus_parse("8192", NULL, NULL, &most));
	assert_false(limits_cpus_parse("3-1", NULL, NULL, &most));
	assert_false(limits_cpus_parse("1-", NULL, NULL, &most));
	assert_false(limits_cpus_parse("-1", NULL, NULL, &most));
	assert_false(limits_cpus_parse("1-2-3", NULL, NULL, &most));
	assert_false(limits_cpus_parse("all", NULL, NULL, &most));
}

static void
test_def_apply_of_each_limit_keeps_its_text(void **state)
{
	(void)state;
	assert_string_equal(
		parsed_text("command = a\nlimit-nofile = 10:20\n"
			    "limit-core = 0\nlimit-cpu = 90s\n"
			    "limit-rttime = 5ms\nnice = -5\n"
			    "io-priority = idle\ncpu-affinity = 0 1\n"
			    "cpu-scheduling = rr:3\noom-score-adjust = 500\n"
			    "umask = 0027\nroot-directory = /srv\n"
			    "clean-environment = yes\n"
			    "unset-environment = A B\nunset-environment = C\n"
			    "supplementary-groups = adm 7\n"
			    "tty = /dev/tty1\nstdin = /etc/motd\n"),
		"");
	assert_string_equal(parsed_def.limit[LIMITS_NOFILE], "10:20");
	assert_string_equal(parsed_def.limit[LIMITS_CORE], "0");
	assert_string_equal(parsed_def.limit[LIMITS_CPU], "90s");
	assert_string_equal(parsed_def.limit[LIMITS_RTTIME], "5ms");
	assert_null(parsed_def.limit[LIMITS_AS]);
	assert_string_equal(parsed_def.nice, "-5");
	assert_string_equal(parsed_def.io_priority, "idle");
	assert_string_equal(parsed_def.cpu_affinity, "0 1");
	assert_string_equal(parsed_def.cpu_scheduling, "rr:3");
	assert_string_equal(parsed_def.oom_score_adjust, "500");
	assert_string_equal(parsed_def.umask, "0027");
	assert_string_equal(parsed_def.root_directory, "/srv");
	assert_true(parsed_def.clean_environment);
	assert_int_equal(parsed_def.unset_environment.len, 3);
	assert_string_equal(parsed_def.unset_environment.item[2], "C");
	assert_int_equal(parsed_def.supplementary_groups.len, 2);
	assert_string_equal(parsed_def.supplementary_groups.item[1], "7");
	assert_string_equal(parsed_def.tty, "/dev/tty1");
	assert_string_equal(parsed_def.standard_input, "/etc/motd");
	assert_true(def_is_output_tty(&parsed_def));
	parsed_text("command = a\ntty = /dev/tty1\nlog = file\n");
	assert_false(def_is_output_tty(&parsed_def));
}

static void
test_def_apply_of_bad_limits_names_place_and_remedy(void **state)
{
	static const struct row rows[] = {
		{"command = a\nlimit-nofile = many\n",
			"web:2:16: 'many' is not a limit; write a number"},
		{"command = a\nlimit-as = 2G:1G\n",
			"web:2:12: '2G:1G' is not a limit; write a size"},
		{"command = a\nlimit-cpu = 1K\n",
			"web:2:13: '1K' is not a limit; write a duration"},
		{"command = a\nlimit-rttime = x\n",
			"web:2:16: 'x' is not a limit; write microseconds"},
		{"command = a\nnice = 20\n",
			"web:2:8: '20' is not a number from -20"},
		{"command = a\noom-score-adjust = -1001\n",
			"web:2:20: '-1001' is not a number from -1000"},
		{"command = a\nio-priority = high\n",
			"web:2:15: 'high' is not none, idle"},
		{"command = a\ncpu-scheduling = fast\n",
			"web:2:18: 'fast' is not other, batch"},
		{"command = a\ncpu-affinity = all\n",
			"web:2:16: 'all' is not a list of CPUs"},
		{"command = a\numask = 9\n",
			"web:2:9: '9' is no mask; write octal"},
		{"command = a\nunset-environment = A B=1\n",
			"web:2:23: 'B=1' is not the name of a variable"},
		{"command = a\nsupplementary-groups = a:b\n",
			"web:2:24: 'a:b' is not the name or number"},
		{"command = a\nstdin = file\n",
			"web:2:9: 'file' is none of null, tty"},
		{"command = a\nstdin = tty\n",
			"web: stdin = tty needs a terminal"},
		{"command = a\ntty = tty1\n",
			"web:2:7: 'tty1' is not an absolute path"},
		{"command = a\nlimit-files = 1\n",
			"web:2:1: unknown key 'limit-files'"},
	};

	(void)state;
	parsed_check(rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_limits_pair_parse_of_good_texts_gives_both_values),
		cmocka_unit_test(
			test_limits_pair_parse_of_bad_texts_is_refused),
		cmocka_unit_test(test_limits_number_parse_holds_its_bounds),
		cmocka_unit_test(test_limits_umask_parse_takes_octal_digits),
		cmocka_unit_test(
			test_limits_priorities_are_what_the_kernel_wants),
		cmocka_unit_test(test_limits_cpus_parse_names_each_cpu),
		cmocka_unit_test(test_def_apply_of_each_limit_keeps_its_text),
		cmocka_unit_test(
			test_def_apply_of_bad_limits_names_place_and_remedy),
	};

	return cmocka_run_group_tests(tests, parsed_setup, parsed_teardown);
}
