/*
 * What each service gets of the time for stopping: by hand, and over random
 * graphs against the longest ways found the slow way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/budget.h"

#define NODES_MAX 1000
#define EDGES_MAX 4000

static uint32_t first[NODES_MAX + 1], order[NODES_MAX];
static struct graph_edge edges[EDGES_MAX];
static struct budget_node node[NODES_MAX];
static struct graph graph = {.first = first, .edge = edges};

struct pair {
	uint32_t from, to; /* from stops before to */
};

static void
build(uint32_t nodes, const struct pair *pairs, uint32_t count)
{
	uint32_t at = 0;

	for (uint32_t n = 0; n < nodes; n++) {
		first[n] = at;
		for (uint32_t i = 0; i < count; i++)
			if (pairs[i].from == n)
				edges[at++] = (struct graph_edge){
					pairs[i].to, EDGE_AFTER};
	}
	first[nodes] = at;
	graph.nodes = nodes;
}

static void
ask(const uint64_t *own, uint32_t window_ms)
{
	memset(node, 0xaa, sizeof(node));
	memset(order, 0xaa, sizeof(order));
	for (uint32_t v = 0; v < graph.nodes; v++) {
		node[v].is_there = true;
		node[v].own_ms = own[v];
	}
	budget_share(&graph, window_ms, node, order);
}

static void
expect(const uint32_t *share, const uint32_t *tail, const uint32_t *level)
{
	assert_true(graph.nodes <= 5);
	for (uint32_t v = 0; v < graph.nodes; v++) {
		assert_int_equal(node[v].share_ms, share[v]);
		assert_int_equal(node[v].tail_ms, tail[v]);
		assert_int_equal(node[v].level, level[v]);
	}
}

#define BUILD(nodes, pairs)                                                    \
	build(nodes, pairs, sizeof(pairs) / sizeof((pairs)[0]))
/* Of the graphs below, none is larger. */
#define LIST(type, ...) ((const type[5]){__VA_ARGS__})

static const struct pair chain[] = {{0, 1}, {1, 2}};
/* 0 stops first, then 1 and 2, then 3. */
static const struct pair diamond[] = {{0, 1}, {0, 2}, {1, 3}, {2, 3}};

static void
test_budget_share_of_what_fits_is_what_is_asked_for(void **state)
{
	(void)state;
	BUILD(3, chain);
	ask(LIST(uint64_t, 10000, 5000, 15000), 30000);
	expect(LIST(uint32_t, 10000, 5000, 15000),
		LIST(uint32_t, 20000, 15000, 0), LIST(uint32_t, 0, 1, 2));
}

static void
test_budget_share_of_a_chain_is_cut_in_proportion(void **state)
{
	(void)state;
	BUILD(3, chain);
	/* 100 each stay; of 29,700 are left 14,700. */
	ask(LIST(uint64_t, 10000, 10000, 10000), 15000);
	expect(LIST(uint32_t, 5000, 5000, 5000), LIST(uint32_t, 10000, 5000, 0),
		LIST(uint32_t, 0, 1, 2));
	ask(LIST(uint64_t, 10100, 5100, 5100), 15300);
	expect(LIST(uint32_t, 7600, 3850, 3850), LIST(uint32_t, 7700, 3850, 0),
		LIST(uint32_t, 0, 1, 2));
}

static void
test_budget_share_of_a_short_way_stays(void **state)
{
	(void)state;
	BUILD(4, diamond);
	/* By way of 1 it is 21 s, by way of 2 12.1 s. */
	ask(LIST(uint64_t, 100, 20000, 11100, 900), 15000);
	assert_int_equal(node[2].share_ms, 11100);
	assert_int_equal(node[0].share_ms, 100);
	assert_true(node[1].share_ms < 20000);
	assert_true(node[3].share_ms < 900);
	assert_in_range(node[0].share_ms + node[1].share_ms + node[3].share_ms,
		14997, 15000);
	assert_int_equal(node[1].tail_ms, node[3].share_ms);
	assert_int_equal(node[2].tail_ms, node[3].share_ms);
	assert_int_equal(node[0].tail_ms, node[1].share_ms + node[3].share_ms);
}

static void
test_budget_share_of_a_short_one_is_not_below_the_floor(void **state)
{
	(void)state;
	BUILD(3, chain);
	ask(LIST(uint64_t, 60000, 150, 60000), 10000);
	assert_in_range(node[1].share_ms, BUDGET_FLOOR_MS + 20, 130);
	ask(LIST(uint64_t, 60000, 50, 60000), 10000);
	assert_int_equal(node[1].share_ms, 50);
}

static void
test_budget_share_without_a_limit_is_as_all_there_is(void **state)
{
	(void)state;
	BUILD(3, chain);
	ask(LIST(uint64_t, BUDGET_FOREVER, BUDGET_FOREVER, 0), 9000);
	expect(LIST(uint32_t, 4500, 4500, 0), LIST(uint32_t, 4500, 0, 0),
		LIST(uint32_t, 0, 1, 2));
	build(1, NULL, 0);
	ask(LIST(uint64_t, BUDGET_FOREVER), UINT32_MAX);
	expect(LIST(uint32_t, UINT32_MAX), LIST(uint32_t, 0),
		LIST(uint32_t, 0));
}

static void
test_budget_share_of_no_time_is_none(void **state)
{
	(void)state;
	BUILD(3, chain);
	ask(LIST(uint64_t, 10000, BUDGET_FOREVER, 1), 0);
	expect(LIST(uint32_t, 0, 0, 0), LIST(uint32_t, 0, 0, 0),
		LIST(uint32_t, 0, 0, 0));
}

static void
test_budget_share_past_one_that_is_gone_orders_nobody(void **state)
{
	(void)state;
	BUILD(3, chain);
	for (uint32_t v = 0; v < 3; v++)
		node[v] = (struct budget_node){
			.is_there = v != 1, .own_ms = 8000};
	budget_share(&graph, 10000, node, order);
	expect(LIST(uint32_t, 8000, 0, 8000), LIST(uint32_t, 0, 0, 0),
		LIST(uint32_t, 0, 0, 0));
}

static void
test_budget_share_through_one_that_takes_no_time_orders(void **state)
{
	(void)state;
	BUILD(3, chain);
	ask(LIST(uint64_t, 8000, 0, 8000), 10000);
	expect(LIST(uint32_t, 5000, 0, 5000), LIST(uint32_t, 5000, 5000, 0),
		LIST(uint32_t, 0, 1, 1));
}

static void
test_budget_share_of_another_kind_of_edge_orders_nobody(void **state)
{
	(void)state;
	BUILD(3, chain);
	edges[0].flags = EDGE_REQUIRES;
	edges[1].flags = EDGE_WANTS | EDGE_CONFLICTS;
	ask(LIST(uint64_t, 8000, 9000, 7000), 10000);
	expect(LIST(uint32_t, 8000, 9000, 7000), LIST(uint32_t, 0, 0, 0),
		LIST(uint32_t, 0, 0, 0));
}

/* Definitions with one are refused; a plan of a dead supervisor may be odd. */
static void
test_budget_share_on_a_cycle_orders_nobody(void **state)
{
	static const struct pair pairs[] = {
		{0, 1}, {1, 2}, {2, 1}, {2, 3}, {4, 3}};

	(void)state;
	BUILD(5, pairs);
	ask(LIST(uint64_t, 8000, 9000, 70000, 3000, 1000), 10000);
	assert_int_equal(node[0].share_ms, 8000);
	assert_int_equal(node[1].share_ms, 9000);
	assert_int_equal(node[2].share_ms, 10000);
	assert_int_equal(node[3].share_ms, 3000);
	assert_int_equal(node[4].share_ms, 1000);
}

static void
test_budget_share_of_a_long_chain_goes_below_the_floor_and_fits(void **state)
{
	static struct pair pairs[NODES_MAX - 1];
	static uint64_t own[NODES_MAX];
	uint64_t sum = 0;

	(void)state;
	for (uint32_t v = 0; v < NODES_MAX; v++) {
		own[v] = v % 3 == 0 ? BUDGET_FOREVER : 10000;
		if (v + 1 < NODES_MAX)
			pairs[v] = (struct pair){v, v + 1};
	}
	BUILD(NODES_MAX, pairs);
	ask(own, 20000);
	for (uint32_t v = 0; v < NODES_MAX; v++) {
		/* Half of what there is is shared out equally. */
		assert_true(node[v].share_ms >= 10);
		assert_int_equal(node[v].level, v);
		sum += node[v].share_ms;
	}
	assert_in_range(sum, 20000 - NODES_MAX, 20000);
	assert_int_equal(node[0].tail_ms, sum - node[0].share_ms);
}

/* --- random graphs -------------------------------------------------------- */

static uint64_t seed = 7;

static uint32_t
below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* Edges from smaller to larger ranks, which are not the ids. */
static void
build_random(uint32_t nodes, uint32_t wanted)
{
	static struct pair pairs[EDGES_MAX];
	uint32_t rank[64];
	uint32_t count = 0;

	for (uint32_t v = 0; v < nodes; v++) {
		uint32_t at = below(v + 1);

		rank[v] = v;
		rank[v] = rank[at];
		rank[at] = v;
	}
	while (wanted-- > 0) {
		uint32_t a = below(nodes);
		uint32_t b = below(nodes);

		if (rank[a] < rank[b])
			pairs[count++] = (struct pair){a, b};
	}
	build(nodes, pairs, count);
}

/* What the longest way from each one costs, itself left out: every edge again
 * until nothing changes. */
static void
slow_tails(const uint64_t *cost, bool is_turned, uint64_t *tail)
{
	bool is_changed = true;

	memset(tail, 0, graph.nodes * sizeof(*tail));
	while (is_changed) {
		is_changed = false;
		for (uint32_t v = 0; v < graph.nodes; v++)
			for (uint32_t e = first[v]; e < first[v + 1]; e++) {
				uint32_t at = is_turned ? edges[e].to : v;
				uint32_t to = is_turned ? v : edges[e].to;

				if (!node[at].is_there || !node[to].is_there ||
					tail[at] >= tail[to] + cost[to])
					continue;
				tail[at] = tail[to] + cost[to];
				is_changed = true;
			}
	}
}

static void
slow_lengths(const uint64_t *cost, uint64_t *length)
{
	static uint64_t tail[64], head[64];

	slow_tails(cost, false, tail);
	slow_tails(cost, true, head);
	for (uint32_t v = 0; v < graph.nodes; v++)
		length[v] = head[v] + cost[v] + tail[v];
}

/*
 * The promises: nobody gets more than he asks for; who lies on no way that is
 * too long gets all; who lies on one that is the only reason for a cut gets
 * its proportion; the longest way of shares fits.
 */
static void
check_random(const uint64_t *own, uint32_t window_ms)
{
	static uint64_t cost[64], share[64], length[64], cut[64], tail[64];

	for (uint32_t v = 0; v < graph.nodes; v++) {
		cost[v] = !node[v].is_there    ? 0
			  : own[v] < window_ms ? own[v]
					       : window_ms;
		share[v] = node[v].share_ms;
	}
	slow_lengths(cost, length);
	slow_lengths(share, cut);
	slow_tails(share, false, tail);
	for (uint32_t v = 0; v < graph.nodes; v++) {
		assert_true(share[v] <= cost[v]);
		assert_true(cut[v] <= window_ms);
		assert_int_equal(node[v].tail_ms, tail[v]);
		if (length[v] <= window_ms)
			assert_int_equal(share[v], cost[v]);
		else
			/* The floor, or nearly the proportion, which whoever
			 * asks for little takes some of. */
			assert_true(
				share[v] + 1 + graph.nodes * BUDGET_FLOOR_MS >=
				cost[v] * window_ms / length[v]);
	}
}

static void
test_budget_share_of_random_graphs_fits_and_is_fair(void **state)
{
	uint64_t own[64] = {0};
	unsigned cuts = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t nodes = 1 + below(24);
		uint32_t window_ms = below(5) == 0 ? below(300) : below(60000);

		build_random(nodes, below(nodes * 4));
		memset(node, 0xaa, sizeof(node));
		for (uint32_t v = 0; v < nodes; v++) {
			own[v] = below(8) == 0	 ? BUDGET_FOREVER
				 : below(4) == 0 ? below(200)
						 : below(20000);
			node[v].is_there = below(6) != 0;
			node[v].own_ms = own[v];
		}
		budget_share(&graph, window_ms, node, order);
		check_random(own, window_ms);
		for (uint32_t v = 0; v < nodes; v++)
			cuts += node[v].is_there && own[v] < window_ms &&
				node[v].share_ms < own[v];
	}
	/* There was something to be decided. */
	assert_true(cuts > 10000);
}

/*
 * Whatever each one takes, up to the moment at which it is killed: it has had
 * its share by then at least, and the last one is gone in time.
 */
static void
test_budget_share_leaves_each_its_share_before_its_kill(void **state)
{
	uint64_t own[64] = {0}, begin[64], end[64];

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		uint32_t nodes = 1 + below(20);
		uint32_t window_ms = below(60000);
		bool is_changed = true;

		build_random(nodes, below(nodes * 4));
		for (uint32_t v = 0; v < nodes; v++)
			own[v] = below(20000);
		ask(own, window_ms);
		memset(begin, 0, sizeof(begin));
		while (is_changed) {
			is_changed = false;
			for (uint32_t v = 0; v < nodes; v++)
				end[v] = window_ms - node[v].tail_ms;
			for (uint32_t v = 0; v < nodes; v++)
				for (uint32_t e = first[v]; e < first[v + 1];
					e++)
					if (begin[edges[e].to] < end[v]) {
						begin[edges[e].to] = end[v];
						is_changed = true;
					}
		}
		for (uint32_t v = 0; v < nodes; v++) {
			assert_true(end[v] <= window_ms);
			assert_true(begin[v] + node[v].share_ms <= end[v]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_budget_share_of_what_fits_is_what_is_asked_for),
		cmocka_unit_test(
			test_budget_share_of_a_chain_is_cut_in_proportion),
		cmocka_unit_test(test_budget_share_of_a_short_way_stays),
		cmocka_unit_test(
			test_budget_share_of_a_short_one_is_not_below_the_floor),
		cmocka_unit_test(
			test_budget_share_without_a_limit_is_as_all_there_is),
		cmocka_unit_test(test_budget_share_of_no_time_is_none),
		cmocka_unit_test(
			test_budget_share_past_one_that_is_gone_orders_nobody),
		cmocka_unit_test(
			test_budget_share_through_one_that_takes_no_time_orders),
		cmocka_unit_test(
			test_budget_share_of_another_kind_of_edge_orders_nobody),
		cmocka_unit_test(test_budget_share_on_a_cycle_orders_nobody),
		cmocka_unit_test(
			test_budget_share_of_a_long_chain_goes_below_the_floor_and_fits),
		cmocka_unit_test(
			test_budget_share_of_random_graphs_fits_and_is_fair),
		cmocka_unit_test(
			test_budget_share_leaves_each_its_share_before_its_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
