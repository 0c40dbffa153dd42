/*
 * What services are to each other: keys to edges and other names, conditions,
 * exit statuses, and what the plan makes of them where a word is not in the
 * table of test_plan_cells.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condition.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/loaded.h"
#include "lib/page.h"
#include "supervisor/build.h"
#include "tests/unit/one.h"
#include "tests/unit/parsed.h"

static char text[16384];
static struct fmt out;
static struct build b;
static unsigned warnings;
static uint32_t next_id;

static uint32_t
give_id(void *context, const char *name)
{
	(void)context;
	(void)name;
	return next_id++;
}

static void
warn(const char *message)
{
	(void)message;
	warnings++;
}

static void
begin(void)
{
	fmt_init(&out, text, sizeof(text));
	fmt_str(&out, LOADED_HEADER);
	warnings = 0;
	next_id = 0;
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
make(void)
{
	assert_true(build_make(&b, text, out.len, give_id, NULL, 0, warn));
}

static uint32_t
edge(const char *from, const char *to)
{
	const struct graph *graph = &b.deps;
	uint32_t id = build_find(&b, from)->id;

	for (uint32_t e = graph->first[id]; e < graph->first[id + 1]; e++)
		if (graph->edge[e].to == build_find(&b, to)->id)
			return graph->edge[e].flags;
	return 0;
}

static const char *
error_of(const char *name)
{
	const struct build_svc *svc = build_find(&b, name);

	return svc->state == SVC_INVALID ? build_string(&b, svc->error) : "";
}

static void
test_build_make_of_each_kind_gives_its_edge(void **state)
{
	(void)state;
	begin();
	add("a", "binds-to = z\nrequires-once = y\npart-of = x\nconflicts = w\n"
		 "on-failure = v\n");
	add("v", "");
	add("w", "");
	add("x", "");
	add("y", "before = a\n");
	add("z", "after = a\n");
	make();
	assert_int_equal(edge("a", "z"), EDGE_REQUIRES | EDGE_BINDS);
	assert_int_equal(edge("a", "y"), EDGE_ONCE | EDGE_AFTER);
	assert_int_equal(edge("a", "x"), EDGE_PART);
	assert_int_equal(edge("a", "w"), EDGE_CONFLICTS);
	assert_int_equal(edge("w", "a"), EDGE_CONFLICTS);
	assert_int_equal(edge("a", "v"), EDGE_ON_FAILURE);
	assert_int_equal(b.invalid + warnings, 0);
	build_free(&b);
}

static void
test_build_make_of_unknown_names_rejects_warns_or_ignores(void **state)
{
	static const struct {
		const char *key;
		char what; /* error, warning, nothing */
	} rows[] = {{"requires", 'e'}, {"binds-to", 'e'},
		{"requires-once", 'e'}, {"wants", 'w'}, {"on-failure", 'w'},
		{"part-of", 'w'}, {"conflicts", 'n'}, {"after", 'n'},
		{"before", 'n'}};
	char lines[64];
	struct fmt f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		fmt_init(&f, lines, sizeof(lines));
		fmt_printf(&f, "%s = nobody\n", rows[i].key);
		add("a", lines);
		make();
		assert_int_equal(b.invalid, rows[i].what == 'e');
		assert_int_equal(warnings, rows[i].what == 'w');
		build_free(&b);
	}
}

static void
test_build_make_of_names_that_others_provide(void **state)
{
	(void)state;
	begin();
	add("a", "requires = mta\nafter = smtp\nwants = b\n");
	add("b", "provides = mta smtp mta\n");
	add("c", "provides = smtp\n");
	add("d", "provides = a\n");
	add("e", "provides = web\nrequires = web\n");
	make();
	assert_int_equal(
		edge("a", "b"), EDGE_REQUIRES | EDGE_WANTS | EDGE_AFTER);
	assert_non_null(strstr(
		error_of("c"), "provides: 'smtp' is provided already, by b"));
	assert_non_null(strstr(
		error_of("d"), "provides: 'a' is the name of a service"));
	assert_non_null(strstr(error_of("e"), "dependency cycle: e -> e"));
	assert_ptr_equal(build_find_any(&b, "mta"), build_find(&b, "b"));
	assert_null(build_find_any(&b, "mt"));
	assert_string_equal(build_string(&b, b.alias_table), "mta");
	assert_string_equal(build_string(&b, b.alias_table + 4), "b");
	build_free(&b);
}

static void
test_build_make_of_contradictions_rejects(void **state)
{
	(void)state;
	begin();
	add("a", "requires = b\nconflicts = b\n");
	add("b", "");
	add("c", "conflicts = c\n");
	add("d", "on-failure = d\n");
	add("e", "requires-once = f\n");
	add("f", "conflicts = e\n");
	add("g", "wants = h\nconflicts = h\n");
	add("h", "");
	make();
	assert_non_null(strstr(error_of("a"), "requires 'b', and the two "));
	assert_non_null(strstr(error_of("c"), "'c' is the service itself"));
	assert_non_null(strstr(error_of("d"), "'d' is the service itself"));
	assert_non_null(strstr(error_of("e"), "requires 'f', and the two "));
	assert_int_equal(b.invalid, 4);
	build_free(&b);
}

static void
test_build_make_of_exit_statuses_shares_equal_ones(void **state)
{
	const struct build_svc *a;

	(void)state;
	begin();
	add("a", "success-exit-status = 3 255 SIGUSR1\n");
	add("b", "success-exit-status = 255 3\nsuccess-exit-status = USR1\n");
	add("c", "restart-prevent-exit-status = 0\nessential = yes\n");
	add("d", "");
	make();
	a = build_find(&b, "a");
	assert_int_equal(b.statuses_len, 2);
	assert_int_equal(a->policy.statuses, 1);
	assert_int_equal(build_find(&b, "b")->policy.statuses, 1);
	assert_int_equal(build_find(&b, "c")->policy.statuses, 2);
	assert_int_equal(build_find(&b, "d")->policy.statuses, 0);
	assert_true(build_find(&b, "c")->policy.is_essential);
	assert_int_equal(b.statuses[0].success.codes[0], 1u << 3);
	assert_int_equal(b.statuses[0].success.codes[7], 1u << 31);
	assert_int_equal(b.statuses[0].success.signals, 1u << SIGUSR1);
	assert_int_equal(b.statuses[1].prevent.codes[0], 1);
	build_free(&b);
}

static void
test_def_apply_of_bad_dependencies_names_place_and_remedy(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{"start-if = path", "web:1:12: 'path': write path: dir:"},
		{"start-if = path:/x !dir:x",
			"web:1:20: '!dir:x': the path must be absolute"},
		{"start-if = mount:/x", "web:1:12: 'mount:/x': write path:"},
		{"start-if = container:x", "web:1:12: 'container:x': 'cont"},
		{"start-if = env:", "web:1:12: 'env:': something must come"},
		{"start-if = exec:a;b", "web:1:18: "},
		{"assert = user:", "web:1:10: 'user:': something must"},
		{"wait-for = !path:/x", "web:1:12: '!path:/x': write path:, "},
		{"wait-for = net:", "web:1:12: 'net:': something must come"},
		{"success-exit-status = 1 256",
			"web:1:25: '256' is neither an exit code"},
		{"restart-prevent-exit-status = FOO",
			"web:1:31: 'FOO' is neither an exit code"},
		{"essential = perhaps", "web:1:13: 'perhaps' is neither yes"},
		{"provides = a/b", "web:1:12: 'a/b' is no name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *error = parsed_text(rows[i].line);

		if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: %s", rows[i].line, error);
	}
}

static void
test_condition_parse_of_each_form(void **state)
{
	static const struct {
		const char *text;
		bool is_wait;
		enum condition_kind kind;
		bool is_negated;
		const char *arg;
	} rows[] = {
		{"path:/a", false, CONDITION_PATH, false, "/a"},
		{"!dir:%h/x", false, CONDITION_DIR, true, "%h/x"},
		{"nonempty:/", false, CONDITION_NONEMPTY, false, "/"},
		{"executable:/a", false, CONDITION_EXECUTABLE, false, "/a"},
		{"user:joe", false, CONDITION_USER, false, "joe"},
		{"env:A=b", false, CONDITION_ENV, false, "A=b"},
		{"cmdline:x", false, CONDITION_CMDLINE, false, "x"},
		{"!container", false, CONDITION_CONTAINER, true, ""},
		{"!exec:a b", false, CONDITION_EXEC, true, "a b"},
		{"path:/a", true, CONDITION_PATH, false, "/a"},
		{"mount:/a", true, CONDITION_MOUNT, false, "/a"},
		{"net:eth0", true, CONDITION_NET, false, "eth0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct condition c;
		const char *wrong;

		assert_true(condition_parse(
			rows[i].text, rows[i].is_wait, &c, &wrong));
		assert_int_equal(c.kind, rows[i].kind);
		assert_int_equal(c.is_negated, rows[i].is_negated);
		assert_string_equal(c.arg, rows[i].arg);
	}
}

static struct one one;
static struct plan_svc *const s = &one.svc[ONE];

static void
take(enum plan_event event, int32_t arg)
{
	one.plan.actions = 0;
	plan_event(&one.plan, ONE, event, arg, PLAN_NONE);
	assert_false(plan_settle(&one.plan));
}

static void
test_plan_exit_code_of_each_end(void **state)
{
	static const struct plan_statuses statuses = {
		.success = {.codes = {1u << 9}, .signals = 1u << SIGTERM}};
	static const struct {
		enum svc_state state;
		enum reason reason;
		int32_t arg;
		int32_t status;
		int code;
	} rows[] = {
		{SVC_DOWN, REASON_EXITED, 0, 0, 0},
		{SVC_FAILED, REASON_EXITED, 7, 7 << 8, 7},
		{SVC_FAILED, REASON_SIGNALED, 9, 9, 137},
		{SVC_DOWN, REASON_SIGNALED, 2, 2, 130},
		{SVC_DOWN, REASON_EXITED, 9, 9 << 8, 0},
		{SVC_DOWN, REASON_SIGNALED, 15, 15, 0},
		{SVC_FAILED, REASON_LIMIT, 3, 0, 1},
		{SVC_FAILED, REASON_LIMIT, 3, 5 << 8, 5},
		{SVC_FAILED, REASON_EXEC_FAILED, ENOENT, 0, 127},
		{SVC_FAILED, REASON_EXEC_FAILED, EACCES, 0, 126},
		{SVC_FAILED, REASON_DEP_FAILED, 0, 0, 1},
		{SVC_FAILED, REASON_LOST, 0, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one_init(&one, TYPE_PROCESS, rows[i].state, WANT_UP, FATE_NONE);
		one.plan.statuses = &statuses;
		s->policy.statuses = 1;
		s->has_exit = true;
		s->exit_status = rows[i].status;
		s->reason = rows[i].reason;
		s->reason_arg = rows[i].arg;
		assert_int_equal(plan_exit_code(&one.plan, s), rows[i].code);
	}
}

/* wait-for comes first, then the conditions; a late answer is one too many. */
static void
test_plan_start_asks_in_order(void **state)
{
	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
	s->policy.asks = PLAN_ASK_WAIT | PLAN_ASK_CONDITION;
	take(EVENT_START, 0);
	assert_int_equal(s->state, SVC_WAITING);
	assert_int_equal(s->reason, REASON_WAIT_FOR);
	assert_int_equal(one.plan.actions, 1);
	assert_int_equal(one.plan.action[0].kind, ACTION_ASK);
	assert_int_equal(one.plan.action[0].arg, PLAN_ASK_WAIT);
	take(EVENT_THERE, 0);
	assert_int_equal(s->reason, REASON_LOOKING);
	assert_int_equal(one.plan.action[0].arg, PLAN_ASK_CONDITION);
	take(EVENT_CONDITION, PLAN_CONDITION_HOLDS);
	assert_int_equal(s->state, SVC_STARTING);
	assert_int_equal(s->reason, REASON_ASKED);
	assert_int_equal(one.plan.action[0].kind, ACTION_SPAWN);
}

static void
test_plan_condition_verdicts_lead_where_they_say(void **state)
{
	static const struct {
		int32_t arg;
		enum svc_state state;
		enum reason reason;
		int32_t which;
	} rows[] = {
		{PLAN_CONDITION_SKIP | 2 << 8, SVC_SKIPPED, REASON_CONDITION,
			2},
		{PLAN_CONDITION_ASSERT | 1 << 8, SVC_FAILED, REASON_ASSERT, 1},
		{PLAN_CONDITION_UNSURE, SVC_FAILED, REASON_ASSERT, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one_init(&one, TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
		s->policy.asks = PLAN_ASK_CONDITION;
		take(EVENT_START, 0);
		take(EVENT_CONDITION, rows[i].arg);
		assert_int_equal(s->state, rows[i].state);
		assert_int_equal(s->reason, rows[i].reason);
		assert_int_equal(s->reason_arg, rows[i].which);
		/* Skipped, it is asked again by the next start. */
		take(EVENT_START, 0);
		assert_int_equal(s->state, SVC_WAITING);
	}
}

/* Who asks for it makes it stay; a restart does not. */
static void
test_plan_pulled_is_told_from_asked(void **state)
{
	(void)state;
	one_init(&one, TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
	one.svc[2].state = SVC_DOWN;
	plan_event(&one.plan, 2, EVENT_START, 0, PLAN_NONE);
	plan_settle(&one.plan);
	assert_int_equal(s->state, SVC_STARTING);
	assert_true(s->is_pulled);
	assert_false(one.svc[2].is_pulled);
	take(EVENT_RESTART, 0);
	assert_true(s->is_pulled);
	take(EVENT_START, 0);
	assert_false(s->is_pulled);
	plan_event(&one.plan, 2, EVENT_STOP, 0, PLAN_NONE);
	plan_settle(&one.plan);
	assert_int_equal(s->want, WANT_UP);
}

/* What starts by itself is always needed; without start = all it is not. */
static void
test_plan_autostart_counts_only_where_all_start(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		one_init(&one, TYPE_PROCESS, SVC_DOWN, WANT_DOWN, FATE_NONE);
		one.svc[2].state = SVC_DOWN;
		one.plan.starts_all = all != 0;
		s->policy.is_wanted_at_start = true;
		plan_event(&one.plan, 2, EVENT_START, 0, PLAN_NONE);
		plan_settle(&one.plan);
		plan_event(&one.plan, 2, EVENT_STOP, 0, PLAN_NONE);
		plan_settle(&one.plan);
		assert_int_equal(s->want, all ? WANT_UP : WANT_DOWN);
		assert_int_equal(s->state, all ? SVC_STARTING : SVC_STOPPING);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_make_of_each_kind_gives_its_edge),
		cmocka_unit_test(
			test_build_make_of_unknown_names_rejects_warns_or_ignores),
		cmocka_unit_test(test_build_make_of_names_that_others_provide),
		cmocka_unit_test(test_build_make_of_contradictions_rejects),
		cmocka_unit_test(
			test_build_make_of_exit_statuses_shares_equal_ones),
		cmocka_unit_test(
			test_def_apply_of_bad_dependencies_names_place_and_remedy),
		cmocka_unit_test(test_condition_parse_of_each_form),
		cmocka_unit_test(test_plan_exit_code_of_each_end),
		cmocka_unit_test(test_plan_start_asks_in_order),
		cmocka_unit_test(
			test_plan_condition_verdicts_lead_where_they_say),
		cmocka_unit_test(test_plan_pulled_is_told_from_asked),
		cmocka_unit_test(
			test_plan_autostart_counts_only_where_all_start),
	};

	return cmocka_run_group_tests(tests, parsed_setup, parsed_teardown);
}
