#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/graph.h"

#define NODES_MAX 2000
#define EDGES_MAX 8000

static uint32_t first[NODES_MAX + 1], scratch[4 * NODES_MAX], path[NODES_MAX];
static struct graph_edge edges[EDGES_MAX];
static uint8_t in_cycle[NODES_MAX];
static struct graph graph = {.first = first, .edge = edges};

struct pair {
	uint32_t from, to;
};

/* A graph of EDGE_AFTER edges; pairs in any order. Returns its cycles. */
static unsigned
build(uint32_t nodes, const struct pair *pairs, uint32_t count)
{
	unsigned cycles = 99;
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
	memset(in_cycle, 0xaa, sizeof(in_cycle));
	memset(scratch, 0xaa, sizeof(scratch));
	graph_cycles(&graph, in_cycle, &cycles, scratch);
	return cycles;
}

#define BUILD(nodes, pairs)                                                    \
	build(nodes, pairs, sizeof(pairs) / sizeof((pairs)[0]))

static uint32_t
find_path(uint32_t start)
{
	memset(scratch, 0xaa, sizeof(scratch));
	return graph_cycle_path(
		&graph, in_cycle, start, path, NODES_MAX, scratch);
}

static void
test_graph_cycles_of_nothing_finds_none(void **state)
{
	(void)state;
	assert_int_equal(build(0, NULL, 0), 0);
	assert_int_equal(build(3, NULL, 0), 0);
	assert_int_equal(in_cycle[2], 0);
	assert_int_equal(find_path(0), 0);
}

/* H40 */
static void
test_graph_cycles_of_a_self_edge_finds_it(void **state)
{
	static const struct pair pairs[] = {{1, 1}, {0, 1}, {1, 2}};

	(void)state;
	assert_int_equal(BUILD(3, pairs), 1);
	assert_memory_equal(in_cycle, "\0\1\0", 3);
	assert_int_equal(find_path(1), 1);
	assert_int_equal(path[0], 1);
	assert_int_equal(find_path(0), 0);
}

static void
test_graph_cycles_of_two_nodes_finds_it(void **state)
{
	static const struct pair pairs[] = {{0, 1}, {1, 0}, {2, 0}, {1, 3}};

	(void)state;
	assert_int_equal(BUILD(4, pairs), 1);
	assert_memory_equal(in_cycle, "\1\1\0\0", 4);
	assert_int_equal(find_path(1), 2);
	assert_int_equal(path[0], 1);
	assert_int_equal(path[1], 0);
}

static void
test_graph_cycles_of_a_diamond_finds_none(void **state)
{
	static const struct pair pairs[] = {
		{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {3, 4}, {0, 1}};

	(void)state;
	assert_int_equal(BUILD(5, pairs), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(in_cycle[i], 0);
}

static void
test_graph_cycles_of_two_cycles_numbers_them(void **state)
{
	static const struct pair pairs[] = {
		{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {4, 5}, {5, 4}, {6, 4}};

	(void)state;
	assert_int_equal(BUILD(7, pairs), 2);
	assert_int_equal(in_cycle[0], in_cycle[1]);
	assert_int_equal(in_cycle[0], in_cycle[2]);
	assert_int_equal(in_cycle[4], in_cycle[5]);
	assert_int_not_equal(in_cycle[0], in_cycle[4]);
	assert_int_equal(in_cycle[3], 0);
	assert_int_equal(in_cycle[6], 0);
	assert_int_equal(find_path(1), 3);
	assert_memory_equal(path, ((uint32_t[]){1, 2, 0}), 12);
}

/* Two cycles that share a node are one group. */
static void
test_graph_cycles_of_a_figure_eight_is_one_group(void **state)
{
	static const struct pair pairs[] = {
		{0, 1}, {1, 0}, {1, 2}, {2, 3}, {3, 1}};

	(void)state;
	assert_int_equal(BUILD(4, pairs), 1);
	assert_memory_equal(in_cycle, "\1\1\1\1", 4);
	assert_int_equal(find_path(0), 2);
	assert_int_equal(find_path(2), 3);
}

static void
test_graph_cycles_of_other_edges_ignores_them(void **state)
{
	static const struct pair pairs[] = {{0, 1}, {1, 0}};
	unsigned cycles;

	(void)state;
	BUILD(2, pairs);
	edges[1].flags = EDGE_REQUIRES | EDGE_WANTS;
	graph_cycles(&graph, in_cycle, &cycles, scratch);
	assert_int_equal(cycles, 0);
	edges[1].flags |= EDGE_AFTER;
	graph_cycles(&graph, in_cycle, &cycles, scratch);
	assert_int_equal(cycles, 1);
}

/* H40: depth 1000, with and without the edge that closes it */
static void
test_graph_cycles_of_a_deep_chain_needs_no_recursion(void **state)
{
	static struct pair pairs[1000];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		pairs[i] = (struct pair){i, (i + 1) % 1000};
	assert_int_equal(build(1000, pairs, 999), 0);
	assert_int_equal(build(1000, pairs, 1000), 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(in_cycle[i], 1);
	assert_int_equal(find_path(500), 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(path[i], (500 + i) % 1000);
	assert_int_equal(
		graph_cycle_path(&graph, in_cycle, 0, path, 10, scratch), 10);
	assert_int_equal(path[9], 9);
	assert_int_equal(
		graph_cycle_path(&graph, in_cycle, 0, path, 0, scratch), 0);
}

static void
test_graph_cycles_of_many_groups_stops_numbering_at_255(void **state)
{
	static struct pair pairs[600];
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		pairs[2 * i] = (struct pair){2 * i, 2 * i + 1};
		pairs[2 * i + 1] = (struct pair){2 * i + 1, 2 * i};
	}
	assert_int_equal(build(600, pairs, 600), 300);
	for (int i = 0; i < 600; i++)
		assert_int_not_equal(in_cycle[i], 0);
	n = find_path(599);
	assert_int_equal(n, 2);
	assert_int_equal(path[1], 598);
}

/* Against reachability computed the slow way, over 3,000 random graphs. */
static void
test_graph_cycles_of_random_graphs_agrees_with_reachability(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct pair pairs[40];
		bool reach[12][12] = {{false}};
		uint32_t nodes, count;

		seed = seed * 1103515245u + 12345u;
		nodes = 1 + (seed >> 16) % 12;
		count = (seed >> 20) % 40;
		for (uint32_t i = 0; i < count; i++) {
			seed = seed * 1103515245u + 12345u;
			pairs[i].from = (seed >> 16) % nodes;
			pairs[i].to = (seed >> 22) % nodes;
			reach[pairs[i].from][pairs[i].to] = true;
		}
		for (uint32_t k = 0; k < nodes; k++)
			for (uint32_t i = 0; i < nodes; i++)
				for (uint32_t j = 0; j < nodes; j++)
					reach[i][j] |=
						reach[i][k] && reach[k][j];
		build(nodes, pairs, count);
		for (uint32_t i = 0; i < nodes; i++) {
			assert_int_equal(in_cycle[i] != 0, reach[i][i]);
			for (uint32_t j = 0; j < nodes && reach[i][i]; j++)
				assert_int_equal(in_cycle[i] == in_cycle[j],
					reach[i][j] && reach[j][i]);
			count = find_path(i);
			assert_int_equal(count != 0, reach[i][i]);
			if (count > 0)
				assert_int_equal(path[0], i);
			for (uint32_t j = 0; j + 1 < count; j++)
				assert_true(reach[path[j]][path[j + 1]]);
		}
	}
}

/* Whoever marks nodes that lie on no cycle gets no path, and no loop. */
static void
test_graph_cycle_path_of_a_false_mark_is_none(void **state)
{
	static const struct pair pairs[] = {{0, 1}, {1, 2}};

	(void)state;
	assert_int_equal(BUILD(3, pairs), 0);
	memset(in_cycle, 1, 3);
	for (uint32_t node = 0; node < 3; node++)
		assert_int_equal(find_path(node), 0);
	assert_int_equal(find_path(3), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graph_cycles_of_nothing_finds_none),
		cmocka_unit_test(test_graph_cycles_of_a_self_edge_finds_it),
		cmocka_unit_test(test_graph_cycles_of_two_nodes_finds_it),
		cmocka_unit_test(test_graph_cycles_of_a_diamond_finds_none),
		cmocka_unit_test(test_graph_cycles_of_two_cycles_numbers_them),
		cmocka_unit_test(
			test_graph_cycles_of_a_figure_eight_is_one_group),
		cmocka_unit_test(test_graph_cycles_of_other_edges_ignores_them),
		cmocka_unit_test(
			test_graph_cycles_of_a_deep_chain_needs_no_recursion),
		cmocka_unit_test(
			test_graph_cycles_of_many_groups_stops_numbering_at_255),
		cmocka_unit_test(
			test_graph_cycles_of_random_graphs_agrees_with_reachability),
		cmocka_unit_test(test_graph_cycle_path_of_a_false_mark_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
