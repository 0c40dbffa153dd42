/*
 * H54: the work of a thousand services, counted in basic blocks: no clock is
 * read, and one service more costs no more than the last one did.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "lib/loaded.h"
#include "supervisor/build.h"
#include "supervisor/timers.h"
#include "tests/unit/blocks.h"

#define MOST	     1000u
#define FRAGMENT_CAP 32768u
#define EACH	     200u /* requirements of one service, where it has many */
#define TEXT_CAP     (MOST * (EACH * 8u + 256u) + FRAGMENT_CAP)

enum phase {
	BUILD,
	START,
	RESTART,
	STOP,
	PHASES
};

static const char *const phase_names[PHASES] = {
	"build", "start", "restart", "stop"};

static struct build b;
static struct plan plan;
static struct timers timers;
static char *text;
static uint32_t next_id;
static uint32_t spawned[MOST];
static uint32_t spawns;
static uint32_t ended[MOST];
static uint32_t ends;

static uint32_t
give_id(void *context, const char *name)
{
	(void)context;
	(void)name;
	return next_id++;
}

/* What number i of n requires, as lines. */
typedef void shape(struct fmt *out, uint32_t i, uint32_t n);

static void
a_fifth(struct fmt *out, uint32_t i, uint32_t n)
{
	if (i % 5 == 0)
		fmt_printf(out, "requires = s%d\n", (int)(10000 + n - 1));
}

static void
chain(struct fmt *out, uint32_t i, uint32_t n)
{
	if (i + 1 < n)
		fmt_printf(out, "requires = s%d\n", (int)(10000 + i + 1));
}

static void
star(struct fmt *out, uint32_t i, uint32_t n)
{
	(void)n;
	if (i > 0)
		fmt_str(out, "requires = s10000\n");
}

static void
fan(struct fmt *out, uint32_t i, uint32_t n)
{
	for (uint32_t k = 1; i == 0 && k < n; k++)
		fmt_printf(out, "requires = s%d\n", (int)(10000 + k));
}

/* In layers of 50 each requires four of the layer before. */
static void
layers(struct fmt *out, uint32_t i, uint32_t n)
{
	(void)n;
	for (uint32_t k = 0; i >= 50 && k < 4; k++)
		fmt_printf(out, "requires = s%d\n",
			(int)(10000 + (i / 50 - 1) * 50 + (i + k) % 50));
}

static void
dense(struct fmt *out, uint32_t i, uint32_t n)
{
	(void)n;
	if (i > 0)
		fmt_str(out, "requires =");
	for (uint32_t k = 1; k <= EACH && k <= i; k++)
		fmt_printf(out, " s%d", (int)(10000 + i - k));
	fmt_char(out, '\n');
}

/* All but the first want that one, and nothing else starts it. */
static void
shared(struct fmt *out, uint32_t i, uint32_t n)
{
	(void)n;
	fmt_str(out, i > 0 ? "wants = s10000\n" : "autostart = no\n");
}

static void
shared_by_none(struct fmt *out, uint32_t i, uint32_t n)
{
	(void)out;
	(void)i;
	(void)n;
}

static size_t
write_text(shape *lines, uint32_t n)
{
	struct fmt out;

	fmt_init(&out, text, TEXT_CAP);
	fmt_str(&out, LOADED_HEADER);
	for (uint32_t i = 0; i < n; i++) {
		static char definition[FRAGMENT_CAP];
		static char fragment[FRAGMENT_CAP + 64];
		struct fmt d;
		struct fmt f;

		fmt_init(&d, definition, sizeof(definition));
		fmt_str(&d, "command = x\nrestart-delay = 0\n");
		lines(&d, i, n);
		fmt_init(&f, fragment, sizeof(fragment));
		fmt_printf(&f, "+ %zu /etc/s\n%s", d.len, definition);
		fmt_printf(&out, "@ s%d enabled %zu\n%s", (int)(10000 + i),
			f.len, fragment);
	}
	assert_false(out.is_cut);
	return out.len;
}

/* What act_run() and record_changes() do, without a process. */
static void
drain(void)
{
	bool has_more;

	do {
		has_more = plan_settle(&plan);
		for (uint32_t i = 0; i < plan.actions; i++) {
			const struct plan_action *a = &plan.action[i];

			assert_int_not_equal(a->kind, ACTION_BUG);
			if (a->kind == ACTION_SPAWN)
				spawned[spawns++] = a->svc;
			else
				ended[ends++] = a->svc;
		}
		has_more = has_more || plan.actions > 0;
		plan.actions = 0;
	} while (has_more);
	for (uint32_t i = 0; i < plan.changes; i++) {
		struct plan_svc *s = &plan.svc[plan.changed[i]];

		s->is_changed = false;
		timers_set(&timers, plan.changed[i], s->deadline_ms);
	}
	plan.changes = 0;
}

static void
tell(uint32_t id, enum plan_event event, int32_t arg)
{
	plan_event(&plan, id, event, arg, PLAN_NONE);
	drain();
}

/* The kernel answers, in the order of what was done, until all is done. */
static void
answer(void)
{
	for (uint32_t i = 0; i < spawns; i++)
		tell(spawned[i], EVENT_READY, 0);
	for (uint32_t i = 0; i < ends; i++)
		tell(ended[i], EVENT_EXITED, 15);
	spawns = 0;
	ends = 0;
}

static void
expect_all(enum svc_state state)
{
	for (uint32_t id = 0; id < plan.count; id++)
		assert_int_equal(plan.svc[id].state, state);
}

static void
make_plan(uint32_t n)
{
	plan.statuses = b.statuses;
	plan.count = n;
	plan.now_ms = 1000;
	plan.boot_ms = 1000;
	plan.deps = b.deps;
	plan.rdeps = b.rdeps;
	plan.delays = b.delays;
	plan_init(&plan);
	timers_init(&timers, n);
	for (uint32_t i = 0; i < n; i++)
		plan_add(&plan, b.svc[i].id, &b.svc[i].policy);
}

/* A life of n services; what each phase of it has cost. */
static void
live(shape *lines, uint32_t n, uint64_t cost[PHASES])
{
	size_t len = write_text(lines, n);

	next_id = 0;
	blocks_run = 0;
	assert_true(build_make(&b, text, len, give_id, NULL, 0, NULL));
	assert_int_equal(b.count, n);
	assert_int_equal(b.invalid, 0);
	cost[BUILD] = blocks_run;
	make_plan(n);
	blocks_run = 0;
	for (uint32_t id = 0; id < n; id++)
		plan_event(&plan, id, EVENT_START, 0, PLAN_NONE);
	drain();
	answer();
	cost[START] = blocks_run;
	expect_all(SVC_UP);
	blocks_run = 0;
	for (uint32_t id = 0; id < n; id++)
		tell(id, EVENT_EXITED, 1 << 8);
	answer();
	cost[RESTART] = blocks_run;
	expect_all(SVC_UP);
	blocks_run = 0;
	plan_finish(&plan);
	drain();
	answer();
	cost[STOP] = blocks_run;
	expect_all(SVC_DOWN);
	build_free(&b);
}

/* Twice as many: twice the work, and a little for what sorts. */
static void
expect_linear(shape *lines)
{
	uint64_t half[PHASES];
	uint64_t whole[PHASES];

	live(lines, 500, half);
	live(lines, 1000, whole);
	for (unsigned i = 0; i < PHASES; i++) {
		print_message("# %s: %llu blocks for 500, %llu for 1000\n",
			phase_names[i], (unsigned long long)half[i],
			(unsigned long long)whole[i]);
		assert_true(half[i] > 500);
		assert_true(whole[i] * 100 < half[i] * 225);
	}
}

static void
test_h54_1000_services_with_200_dependencies(void **state)
{
	(void)state;
	expect_linear(a_fifth);
}

static void
test_h54_a_chain_of_1000(void **state)
{
	(void)state;
	expect_linear(chain);
}

static void
test_h54_999_that_require_the_same(void **state)
{
	(void)state;
	expect_linear(star);
}

static void
test_h54_one_that_requires_999(void **state)
{
	(void)state;
	expect_linear(fan);
}

static void
test_h54_1000_in_layers(void **state)
{
	(void)state;
	expect_linear(layers);
}

/* H54: of a thousand with 200 requirements each the edges count. */
static void
test_h54_1000_that_require_200_each(void **state)
{
	uint64_t half[PHASES];
	uint64_t whole[PHASES];
	/* So many edges have 500 and 1000 of them. */
	const uint64_t few = 500u * EACH - EACH * (EACH + 1) / 2;
	const uint64_t many = 1000u * EACH - EACH * (EACH + 1) / 2;

	(void)state;
	live(dense, 500, half);
	live(dense, 1000, whole);
	for (unsigned i = 0; i < PHASES; i++) {
		print_message("# %s: %llu blocks an edge of %llu, %llu of "
			      "%llu\n",
			phase_names[i], (unsigned long long)(half[i] / few),
			(unsigned long long)few,
			(unsigned long long)(whole[i] / many),
			(unsigned long long)many);
		assert_true(whole[i] / many * 100 <= half[i] / few * 110 + 100);
	}
}

/* What one costs that crashes, with n others that crash all the time. */
static uint64_t
crash_among(uint32_t n)
{
	size_t len = write_text(shared_by_none, n);
	uint64_t cost;

	next_id = 0;
	assert_true(build_make(&b, text, len, give_id, NULL, 0, NULL));
	make_plan(n);
	for (uint32_t id = 0; id < n; id++)
		plan_event(&plan, id, EVENT_START, 0, PLAN_NONE);
	drain();
	answer();
	for (unsigned round = 0; round < 20; round++) {
		for (uint32_t id = 0; id < n; id++)
			tell(id, EVENT_EXITED, 1 << 8);
		answer();
	}
	blocks_run = 0;
	tell(n / 2, EVENT_EXITED, 1 << 8);
	cost = blocks_run;
	for (uint32_t id = 0; id < n; id++)
		assert_int_equal(plan.svc[id].restarts, id == n / 2 ? 21 : 20);
	answer();
	build_free(&b);
	return cost;
}

static void
test_restart_of_one_in_a_storm_costs_what_it_costs_alone(void **state)
{
	uint64_t alone = crash_among(2);
	uint64_t among = crash_among(1000);

	(void)state;
	print_message("# a crash: %llu blocks among 2, %llu among 1000\n",
		(unsigned long long)alone, (unsigned long long)among);
	assert_true(among <= alone + alone / 10);
}

/* n users of one go, one after the other, and the last takes it along. */
static uint64_t
leave_one_by_one(uint32_t n)
{
	size_t len = write_text(shared, n);
	uint64_t cost;

	next_id = 0;
	assert_true(build_make(&b, text, len, give_id, NULL, 0, NULL));
	make_plan(n);
	for (uint32_t id = 1; id < n; id++)
		plan_event(&plan, id, EVENT_START, 0, PLAN_NONE);
	drain();
	answer();
	expect_all(SVC_UP);
	assert_true(plan.svc[0].is_pulled);
	blocks_run = 0;
	for (uint32_t id = 1; id < n; id++) {
		assert_int_equal(plan.svc[0].want, WANT_UP);
		tell(id, EVENT_STOP, 0);
		answer();
	}
	answer();
	cost = blocks_run;
	expect_all(SVC_DOWN);
	assert_int_equal(plan.svc[0].reason, REASON_UNNEEDED);
	build_free(&b);
	return cost;
}

static void
test_release_by_1000_users_is_linear(void **state)
{
	uint64_t half = leave_one_by_one(500);
	uint64_t whole = leave_one_by_one(1000);

	(void)state;
	print_message("# release: %llu blocks by 500, %llu by 1000\n",
		(unsigned long long)half, (unsigned long long)whole);
	assert_true(whole * 100 < half * 225);
}

static int
set_up(void **state)
{
	(void)state;
	text = malloc(TEXT_CAP);
	plan.svc = calloc(MOST, sizeof(*plan.svc));
	plan.changed = calloc(MOST, sizeof(*plan.changed));
	timers.heap = calloc(MOST, sizeof(*timers.heap));
	timers.place = calloc(MOST, sizeof(*timers.place));
	timers.deadline = calloc(MOST, sizeof(*timers.deadline));
	return text && plan.svc && plan.changed && timers.heap &&
			       timers.place && timers.deadline
		       ? 0
		       : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	free(text);
	free(plan.svc);
	free(plan.changed);
	free(timers.heap);
	free(timers.place);
	free(timers.deadline);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h54_1000_services_with_200_dependencies),
		cmocka_unit_test(test_h54_a_chain_of_1000),
		cmocka_unit_test(test_h54_999_that_require_the_same),
		cmocka_unit_test(test_h54_one_that_requires_999),
		cmocka_unit_test(test_h54_1000_in_layers),
		cmocka_unit_test(test_h54_1000_that_require_200_each),
		cmocka_unit_test(
			test_restart_of_one_in_a_storm_costs_what_it_costs_alone),
		cmocka_unit_test(test_release_by_1000_users_is_linear),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
