#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/loaded.h"
#include "supervisor/build.h"

#define TEXT_CAP 4000000u

static char *text;
static struct fmt out;
static struct build b;
static char warning[512];
static unsigned warnings;
static uint32_t next_id;

/* Ids are not the places of names: they go downwards here. */
static uint32_t
give_id(void *context, const char *name)
{
	(void)context;
	(void)name;
	return --next_id;
}

static void
warn(const char *message)
{
	struct fmt f;

	fmt_init(&f, warning, sizeof(warning));
	fmt_str(&f, message);
	warnings++;
}

static int
set_up(void **state)
{
	(void)state;
	text = malloc(TEXT_CAP);
	fmt_init(&out, text, TEXT_CAP);
	fmt_str(&out, LOADED_HEADER);
	warnings = 0;
	warning[0] = '\0';
	memset(&b, 0, sizeof(b));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	build_free(&b);
	free(text);
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
	assert_false(f.is_cut);
	fmt_printf(&out, "@ %s enabled %zu\n%s", name, f.len, fragment);
}

static void
make(uint32_t count)
{
	next_id = count;
	assert_false(out.is_cut);
	assert_true(build_make(&b, text, out.len, give_id, NULL, 0, warn));
	assert_int_equal(b.count, count);
}

/* The flags of the edge from one to another, 0: none; 99: more than one. */
static uint32_t
edge(const struct graph *graph, const char *from, const char *to)
{
	uint32_t id = build_find(&b, from)->id;
	uint32_t flags = 0;

	for (uint32_t e = graph->first[id]; e < graph->first[id + 1]; e++)
		if (graph->edge[e].to == build_find(&b, to)->id)
			flags = flags == 0 ? graph->edge[e].flags : 99;
	return flags;
}

static const char *
error_of(const char *name)
{
	const struct build_svc *svc = build_find(&b, name);

	assert_non_null(svc);
	return svc->state == SVC_INVALID ? build_string(&b, svc->error) : "";
}

static void
test_build_make_of_requires_implies_order(void **state)
{
	(void)state;
	add("a", "requires = b\nwants = c\nafter = d nobody\n");
	add("b", "");
	add("c", "");
	add("d", "");
	make(4);
	assert_int_equal(edge(&b.deps, "a", "b"), EDGE_REQUIRES | EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "a", "c"), EDGE_WANTS | EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "a", "d"), EDGE_AFTER);
	assert_int_equal(edge(&b.rdeps, "b", "a"), EDGE_REQUIRES | EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "b", "a"), 0);
	assert_int_equal(b.invalid, 0);
	assert_int_equal(warnings, 0);
}

static void
test_build_make_of_an_explicit_order_beats_the_implied_one(void **state)
{
	(void)state;
	add("a", "requires = b\nbefore = b\n");
	add("b", "");
	add("c", "wants = d\n");
	add("d", "after = c\n");
	make(4);
	assert_int_equal(edge(&b.deps, "a", "b"), EDGE_REQUIRES);
	assert_int_equal(edge(&b.deps, "b", "a"), EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "c", "d"), EDGE_WANTS);
	assert_int_equal(edge(&b.deps, "d", "c"), EDGE_AFTER);
	assert_int_equal(b.invalid, 0);
}

/* The edge back is found among all those of a service that has many. */
static void
test_build_make_of_many_explicit_orders_finds_each(void **state)
{
	char name[] = "?x";

	(void)state;
	for (int c = 'a'; c <= 'z'; c++) {
		name[0] = (char)c;
		add(name, c == 'm' ? "" : "requires = mx\nbefore = mx\n");
	}
	make(26);
	assert_int_equal(b.invalid, 0);
	for (int c = 'a'; c <= 'z'; c++) {
		name[0] = (char)c;
		if (c == 'm')
			continue;
		assert_int_equal(edge(&b.deps, name, "mx"), EDGE_REQUIRES);
		assert_int_equal(edge(&b.deps, "mx", name), EDGE_AFTER);
	}
}

static void
test_build_make_of_edges_said_twice_merges_them(void **state)
{
	(void)state;
	add("a", "requires = b b\nwants = b\nafter = b\n");
	add("b", "before = a\n");
	make(2);
	assert_int_equal(edge(&b.deps, "a", "b"),
		EDGE_REQUIRES | EDGE_WANTS | EDGE_AFTER);
	assert_int_equal(edge(&b.rdeps, "b", "a"),
		EDGE_REQUIRES | EDGE_WANTS | EDGE_AFTER);
}

/* H40 */
static void
test_build_make_of_a_cycle_names_every_edge(void **state)
{
	(void)state;
	add("a", "requires = b\n");
	add("b", "after = c\n");
	add("c", "wants = a\n");
	add("d", "after = a\n");
	add("e", "");
	make(5);
	assert_int_equal(b.invalid, 3);
	assert_non_null(strstr(error_of("a"), "a -> b -> c -> a"));
	assert_non_null(strstr(error_of("b"), "b -> c -> a -> b"));
	assert_non_null(strstr(error_of("c"), "c -> a -> b -> c"));
	assert_string_equal(error_of("d"), "");
	assert_string_equal(error_of("e"), "");
	/* Nobody waits within it. */
	assert_int_equal(edge(&b.deps, "a", "b"), 0);
	assert_int_equal(edge(&b.deps, "c", "a"), 0);
	assert_int_equal(edge(&b.rdeps, "a", "c"), 0);
}

/* H40 */
static void
test_build_make_of_a_self_edge_is_a_cycle(void **state)
{
	(void)state;
	add("a", "after = a\n");
	add("b", "requires = a\n");
	make(2);
	assert_int_equal(b.invalid, 1);
	assert_non_null(strstr(error_of("a"), "a -> a"));
}

static void
test_build_make_of_unknown_requires_is_invalid(void **state)
{
	(void)state;
	add("nginx", "");
	add("web", "requires = ngnix\n");
	make(2);
	assert_int_equal(b.invalid, 1);
	assert_non_null(strstr(error_of("web"), "ngnix"));
	assert_non_null(strstr(error_of("web"), "did you mean 'nginx'?"));
	assert_non_null(strstr(error_of("web"), "/etc/web"));
}

static void
test_build_make_of_unknown_wants_only_warns(void **state)
{
	(void)state;
	add("web", "wants = nobody\nbefore = nowhere\nafter = never\n");
	make(1);
	assert_int_equal(b.invalid, 0);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(warning, "nobody"));
}

static void
test_build_make_of_a_bad_and_a_masked_one_leaves_others(void **state)
{
	(void)state;
	add("bad", "colour = blue\n");
	add("good", "requires = masked\n");
	fmt_str(&out, "@ masked masked 14\n~ 0 /etc/mask\n");
	make(3);
	assert_int_equal(build_find(&b, "bad")->state, SVC_INVALID);
	assert_int_equal(build_find(&b, "masked")->state, SVC_MASKED);
	assert_int_equal(build_find(&b, "good")->state, SVC_DOWN);
	assert_int_equal(
		edge(&b.deps, "good", "masked"), EDGE_REQUIRES | EDGE_AFTER);
	assert_null(build_find(&b, "nobody"));
}

/* Every way that two can be named, in graphs of any ids. */
static void
test_build_make_of_before_orders_the_other_way(void **state)
{
	(void)state;
	add("a", "before = b c nobody d\n");
	add("b", "");
	add("c", "");
	add("d", "");
	make(4);
	assert_int_equal(edge(&b.deps, "b", "a"), EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "c", "a"), EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "d", "a"), EDGE_AFTER);
	assert_int_equal(b.deps.first[4], 3);
	assert_int_equal(edge(&b.rdeps, "a", "b"), EDGE_AFTER);
	assert_int_equal(edge(&b.rdeps, "a", "d"), EDGE_AFTER);
	assert_int_equal(b.rdeps.first[4], 3);
}

static void
test_build_make_of_keys_fills_in_the_policy(void **state)
{
	const struct build_svc *svc;
	const struct plan_policy *p;

	(void)state;
	add("a", "type = oneshot\ncommand = -b\ncommand = c\ncommand = +-d\n"
		 "description = some words\nreload-signal = HUP\n"
		 "restart = on-failure\nrestart-limit = 70000/10s\n"
		 "restart-delay = 1 2\nrestart-reset = 7\nstop-signal = INT\n"
		 "kill-mode = process\nstart-timeout = 3\nstop-timeout = 4\n"
		 "remain-after-exit = no\nautostart = no\n");
	add("b", "restart-limit = 65535/1s\n");
	add("c", "type = oneshot\nrestart-delay = 1 2\n");
	make(3);
	svc = build_find(&b, "a");
	p = &svc->policy;
	assert_string_equal(build_string(&b, svc->description), "some words");
	assert_string_equal(build_string(&b, svc->source), "/etc/a");
	assert_int_equal(svc->enabled, ENABLED_YES);
	assert_true(svc->is_reloadable);
	assert_int_equal(p->type, TYPE_ONESHOT);
	assert_int_equal(p->commands, 4);
	assert_int_equal(p->may_fail, 1u << 1 | 1u << 3);
	assert_int_equal(p->restart, RESTART_ON_FAILURE);
	assert_int_equal(p->limit_count, UINT16_MAX);
	assert_int_equal(p->limit_ms, 10000);
	assert_int_equal(p->reset_ms, 7000);
	assert_int_equal(p->stop_signal, SIGINT);
	assert_int_equal(p->reload_signal, SIGHUP);
	assert_int_equal(p->kill_mode, KILL_PROCESS);
	assert_int_equal(p->start_timeout_ms, 3000);
	assert_int_equal(p->stop_timeout_ms, 4000);
	assert_false(p->remains);
	assert_false(p->is_wanted_at_start);
	assert_int_equal(b.delays[p->delays].count, 2);
	assert_int_equal(b.delays[p->delays].ms[0], 1000);
	assert_int_equal(b.delays[p->delays].ms[1], 2000);
	assert_int_equal(b.delays[p->delays].ms[2], 0);
	svc = build_find(&b, "b");
	assert_string_equal(build_string(&b, svc->description), "");
	assert_false(svc->is_reloadable);
	assert_int_equal(svc->policy.limit_count, 65535);
	assert_int_equal(svc->policy.commands, 1);
	assert_int_equal(svc->policy.may_fail, 0);
	assert_true(svc->policy.remains);
	assert_true(svc->policy.is_wanted_at_start);
	assert_int_equal(b.delays[svc->policy.delays].count, 7);
	assert_int_equal(build_find(&b, "c")->policy.delays, p->delays);
	assert_int_equal(b.delays_len, 2);
	assert_int_equal(b.svc[1].offset, b.svc[1].bytes - text);
}

/* Of a long cycle a message shows the beginning. */
static void
test_build_make_of_a_long_cycle_shows_its_beginning(void **state)
{
	static const unsigned lengths[] = {31, 32, 33, 40};

	(void)state;
	for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
		const unsigned len = lengths[n];
		char expected[1024];
		struct fmt want;

		fmt_init(&out, text, TEXT_CAP);
		fmt_str(&out, LOADED_HEADER);
		fmt_init(&want, expected, sizeof(expected));
		fmt_str(&want, "dependency cycle: ");
		for (unsigned i = 0; i < len; i++) {
			char name[16], lines[32];
			struct fmt f;

			fmt_init(&f, name, sizeof(name));
			fmt_char(&f, 's');
			fmt_padded(&f, i, 2);
			fmt_init(&f, lines, sizeof(lines));
			fmt_str(&f, "after = s");
			fmt_padded(&f, (i + 1) % len, 2);
			fmt_char(&f, '\n');
			add(name, lines);
			if (i < 32)
				fmt_printf(
					&want, "%s%s", i ? " -> " : "", name);
		}
		if (len > 32)
			fmt_printf(&want, " -> ... (%u in all)", len);
		else
			fmt_str(&want, " -> s00");
		fmt_str(&want, "; take one of these edges away");
		make(len);
		assert_int_equal(b.invalid, len);
		assert_string_equal(error_of("s00"), expected);
		build_free(&b);
	}
}

/* A bad one is nobody's cycle, and waits for nobody. */
static void
test_build_make_of_a_bad_one_drops_its_edges(void **state)
{
	(void)state;
	add("a", "after = c\nrequires = nobody\n");
	add("b", "after = a\n");
	add("c", "");
	make(3);
	assert_int_equal(b.invalid, 1);
	assert_int_equal(edge(&b.deps, "a", "c"), 0);
	assert_int_equal(edge(&b.deps, "b", "a"), EDGE_AFTER);
	assert_int_equal(edge(&b.rdeps, "c", "a"), 0);
	assert_int_equal(edge(&b.rdeps, "a", "b"), EDGE_AFTER);
	assert_int_equal(b.deps.first[3], 1);
	assert_int_equal(b.rdeps.first[3], 1);
}

static void
test_build_find_of_each_of_many_finds_it(void **state)
{
	(void)state;
	for (int c = 'a'; c <= 'z'; c++)
		add((char[]){(char)c, 'x', '\0'}, "");
	make(26);
	for (uint32_t i = 0; i < 26; i++) {
		char name[] = {(char)('a' + (int)i), 'x', '\0'};

		assert_ptr_equal(build_find(&b, name), &b.svc[i]);
		assert_int_equal(b.svc[i].id, 25 - i);
		name[1] = 'w';
		assert_null(build_find(&b, name));
		name[1] = 'y';
		assert_null(build_find(&b, name));
	}
}

static void
test_build_make_of_broken_text_refuses(void **state)
{
	(void)state;
	next_id = 10;
	assert_false(build_make(&b, "x", 1, give_id, NULL, 0, warn));
	add("a", "");
	assert_false(build_make(&b, text, out.len - 1, give_id, NULL, 0, warn));
}

static void
test_build_make_with_least_ids_has_graphs_of_that_size(void **state)
{
	(void)state;
	add("a", "");
	next_id = 1;
	assert_true(build_make(&b, text, out.len, give_id, NULL, 50, NULL));
	assert_int_equal(b.ids, 50);
	assert_int_equal(b.deps.nodes, 50);
	assert_int_equal(b.deps.first[50], 0);
}

/* H54 */
static void
test_build_make_of_ten_thousand_makes_all_edges(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char name[16];
		char lines[64];
		struct fmt f;

		fmt_init(&f, name, sizeof(name));
		fmt_str(&f, "s");
		fmt_padded(&f, i, 5);
		fmt_init(&f, lines, sizeof(lines));
		if (i > 0) {
			fmt_str(&f, "requires = s");
			fmt_padded(&f, i - 1, 5);
			fmt_str(&f, "\nafter = s");
			fmt_padded(&f, i / 2, 5);
			fmt_str(&f, "\n");
		}
		add(name, i == 1 ? "requires = s00000\n" : lines);
	}
	make(10000);
	assert_int_equal(b.invalid, 0);
	assert_int_equal(
		edge(&b.deps, "s09999", "s09998"), EDGE_REQUIRES | EDGE_AFTER);
	assert_int_equal(edge(&b.deps, "s09999", "s04999"), EDGE_AFTER);
	assert_int_equal(b.deps.first[10000], 9999 + 9997);
	assert_int_equal(b.delays_len, 1);
}

#define BUILD_TEST(test)                                                       \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUILD_TEST(test_build_make_of_requires_implies_order),
		BUILD_TEST(
			test_build_make_of_an_explicit_order_beats_the_implied_one),
		BUILD_TEST(test_build_make_of_many_explicit_orders_finds_each),
		BUILD_TEST(test_build_make_of_edges_said_twice_merges_them),
		BUILD_TEST(test_build_make_of_a_cycle_names_every_edge),
		BUILD_TEST(test_build_make_of_a_self_edge_is_a_cycle),
		BUILD_TEST(test_build_make_of_unknown_requires_is_invalid),
		BUILD_TEST(test_build_make_of_unknown_wants_only_warns),
		BUILD_TEST(
			test_build_make_of_a_bad_and_a_masked_one_leaves_others),
		BUILD_TEST(test_build_make_of_before_orders_the_other_way),
		BUILD_TEST(test_build_make_of_keys_fills_in_the_policy),
		BUILD_TEST(test_build_make_of_a_long_cycle_shows_its_beginning),
		BUILD_TEST(test_build_make_of_a_bad_one_drops_its_edges),
		BUILD_TEST(test_build_find_of_each_of_many_finds_it),
		BUILD_TEST(test_build_make_of_broken_text_refuses),
		BUILD_TEST(
			test_build_make_with_least_ids_has_graphs_of_that_size),
		BUILD_TEST(test_build_make_of_ten_thousand_makes_all_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
