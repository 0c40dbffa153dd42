#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/limits.h"
#include "lib/reason.h"

static char text[256];

static const char *
format(unsigned reason, int32_t arg, const char *dep, const char *own)
{
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	reason_format(&f, reason, arg, dep, own);
	return text;
}

/* Each place that a spawn can fail at has a name; the others are "start". */
static void
test_reason_format_of_each_step_names_it(void **state)
{
	static const struct {
		uint32_t step;
		const char *words;
	} rows[] = {{STEP_TERMINAL, "tty: "}, {STEP_ROOT, "root-directory: "},
		{STEP_NICE, "nice: "}, {STEP_IO_PRIORITY, "io-priority: "},
		{STEP_AFFINITY, "cpu-affinity: "},
		{STEP_SCHEDULING, "cpu-scheduling: "},
		{STEP_OOM, "oom-score-adjust: "},
		{STEP_LIMIT + LIMITS_AS, "limit-as: "},
		{STEP_LIMIT + LIMITS_NOFILE, "limit-nofile: "},
		{STEP_LIMIT + LIMITS_STACK, "limit-stack: "},
		{STEP_LIMIT - 1, "start: "}, {SPAWN_STEPS, "start: "}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *given = format(REASON_EXEC_FAILED,
			(int32_t)(rows[i].step << 16 | EPERM), "", "");

		assert_memory_equal(
			given, rows[i].words, strlen(rows[i].words));
	}
	for (unsigned i = 0; i < LIMITS_RESOURCES; i++)
		assert_memory_equal(
			format(REASON_EXEC_FAILED,
				(int32_t)((STEP_LIMIT + i) << 16), "", ""),
			"limit-", 6);
}

static void
test_reason_format_none_is_empty(void **unused)
{
	(void)unused;
	assert_string_equal(format(REASON_NONE, 7, "db", "x"), "");
}

static void
test_reason_format_exits_and_signals_are_named(void **unused)
{
	(void)unused;
	assert_string_equal(format(REASON_EXITED, 1, NULL, NULL), "exited 1");
	assert_string_equal(
		format(REASON_SIGNALED, SIGKILL, NULL, NULL), "killed by KILL");
}

static void
test_reason_format_exec_names_step_and_errno(void **unused)
{
	(void)unused;
	assert_string_equal(format(REASON_EXEC_FAILED, STEP_EXEC << 16 | ENOENT,
				    NULL, NULL),
		"exec: No such file or directory");
	assert_string_equal(format(REASON_EXEC_FAILED, STEP_EXEC << 16 | ENOENT,
				    NULL, "/x"),
		"exec /x: No such file or directory");
	assert_string_equal(format(REASON_EXEC_FAILED,
				    STEP_DIRECTORY << 16 | EACCES, "", ""),
		"working-directory: Permission denied");
	assert_string_equal(
		format(REASON_EXEC_FAILED, STEP_USER << 16, NULL, NULL),
		"user: unusable; the supervisor's log says why");
}

static void
test_reason_format_dependency_is_named(void **unused)
{
	(void)unused;
	assert_string_equal(
		format(REASON_DEP_FAILED, 0, "db", NULL), "db failed");
	assert_string_equal(
		format(REASON_DEP_STOPPED, 0, "db", NULL), "db was stopped");
	assert_string_equal(
		format(REASON_DEP_WAIT, 0, "db", NULL), "waits for db");
	assert_string_equal(format(REASON_DEP_WAIT, 0, NULL, NULL),
		"waits for a dependency");
	assert_string_equal(
		format(REASON_DEP_WAIT, 0, "", NULL), "waits for a dependency");
}

static void
test_reason_format_definition_is_its_text(void **unused)
{
	(void)unused;
	assert_string_equal(
		format(REASON_DEFINITION, 0, NULL, "f:1:2: bad"), "f:1:2: bad");
	assert_string_not_equal(format(REASON_DEFINITION, 0, NULL, NULL), "");
}

/* The words that people see, in the order of the numbers. */
static void
test_reason_format_of_each_reason_is_its_sentence(void **unused)
{
	static const struct {
		enum reason reason;
		int32_t arg;
		const char *text;
	} rows[] = {
		{REASON_ASKED, 0, "as asked"},
		{REASON_EXITED, 255, "exited 255"},
		{REASON_SIGNALED, 200, "killed by 200"},
		{REASON_START_TIMEOUT, 60000, "not ready after 1 min"},
		{REASON_STOP_TIMEOUT, 10000,
			"still there after 10 s; sent KILL"},
		{REASON_EXEC_FAILED, STEP_SESSION << 16,
			"new session: unusable; the supervisor's log says why"},
		{REASON_EXEC_FAILED, SPAWN_STEPS << 16 | 1,
			"start: Operation not permitted"},
		{REASON_SPAWN_FAILED, EAGAIN,
			"no process could be made: "
			"Resource temporarily unavailable"},
		{REASON_DEP_FAILED, 0, "a dependency failed"},
		{REASON_DEP_STOPPED, 0, "a dependency was stopped"},
		{REASON_LIMIT, 0, "restart-limit reached"},
		{REASON_LIMIT, 1, "restart-limit reached after 1 restart"},
		{REASON_LIMIT, 5, "restart-limit reached after 5 restarts"},
		{REASON_DEFINITION, 0, "the definition is bad"},
		{REASON_LOST, 0, "ended while nobody could see its status"},
		{REASON_STILL_RUNNING, 7, "may still be running as 7"},
		{REASON_STUCK, 4711, "process 4711 does not die of KILL"},
		{REASON_STUCK, 0, "what is left of it does not die of KILL"},
		{REASON_HOOK_EXITED, PART_START_PRE << 16 | 1 << 8,
			"start-pre exited 1"},
		{REASON_HOOK_EXITED, PART_STOP_POST << 16 | 9,
			"stop-post killed by KILL"},
		{REASON_HOOK_EXITED, PART_STOP << 16 | REASON_UNSEEN,
			"stop-command ended while nobody could see its status"},
		{REASON_HOOK_FAILED, PART_START_POST << 24 | 2,
			"start-post: exec: No such file or directory"},
		{REASON_NO_MAIN, 0, "it left no process behind"},
		{REASON_NO_MAIN, 2,
			"it left several processes behind; which is the main "
			"one? give it a pid-file"},
		{REASON_UNNEEDED, 0, "nothing needs it any more"},
		{REASON_CONFLICT, 0,
			"a dependency was started, and conflicts with it"},
		{REASON_DEP_EXITED, 0,
			"a dependency ended, and it is bound to that"},
		{REASON_CONDITION, 0, "start-if does not hold"},
		{REASON_CONDITION, 1, "start-if, item 2, does not hold"},
		{REASON_ASSERT, 2, "assert, item 3, does not hold"},
		{REASON_ASSERT, -1, "its conditions could not be looked at"},
		{REASON_WAIT_FOR, 0, "waits for what wait-for names"},
		{REASON_LOOKING, 0, "its conditions are being looked at"},
		{REASON_UNHEALTHY, 1, "health: 1 check failed"},
		{REASON_UNHEALTHY, 3, "health: 3 checks failed"},
		{REASON_WATCHDOG, 30000, "watchdog: no sign of life for 30 s"},
		{REASON_WATCHDOG, 0, "watchdog: it said that it is not well"},
		{REASON_OVERSTAYED, 10000,
			"said that it stops, and still ran after 10 s"},
		{REASONS, 3, "reason 33"},
		{REASONS + 1, 3, "reason 34"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
			format(rows[i].reason, rows[i].arg, NULL, NULL),
			rows[i].text);
}

static void
test_reason_format_every_reason_has_words(void **unused)
{
	static const int32_t args[] = {
		0, 1, -1, 3000, INT32_MAX, INT32_MIN, 0x7fff0000};

	(void)unused;
	for (unsigned reason = 1; reason < REASONS + 3; reason++) {
		for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
			assert_true(*format(reason, args[i], NULL, NULL));
	}
}

static void
test_reason_format_small_buffer_is_cut(void **unused)
{
	char small[6];
	struct fmt f;

	(void)unused;
	fmt_init(&f, small, sizeof(small));
	reason_format(&f, REASON_LOST, 0, NULL, NULL);
	assert_true(f.is_cut);
	assert_int_equal(strlen(small), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason_format_of_each_step_names_it),
		cmocka_unit_test(test_reason_format_none_is_empty),
		cmocka_unit_test(
			test_reason_format_exits_and_signals_are_named),
		cmocka_unit_test(test_reason_format_exec_names_step_and_errno),
		cmocka_unit_test(test_reason_format_dependency_is_named),
		cmocka_unit_test(test_reason_format_definition_is_its_text),
		cmocka_unit_test(
			test_reason_format_of_each_reason_is_its_sentence),
		cmocka_unit_test(test_reason_format_every_reason_has_words),
		cmocka_unit_test(test_reason_format_small_buffer_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
