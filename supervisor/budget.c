#include "supervisor/budget.h"

static bool
is_order(const struct budget_node *node, const struct graph_edge *edge)
{
	return (edge->flags & EDGE_AFTER) != 0 && node[edge->to].is_there;
}

/* Users before what they need; returns how many are in order. */
static uint32_t
sort(const struct graph *deps, struct budget_node *node, uint32_t *order)
{
	uint32_t len = 0;

	for (uint32_t v = 0; v < deps->nodes; v++)
		node[v].waits = 0;
	for (uint32_t v = 0; v < deps->nodes; v++)
		for (uint32_t e = deps->first[v];
			node[v].is_there && e < deps->first[v + 1]; e++)
			if (is_order(node, &deps->edge[e]))
				node[deps->edge[e].to].waits++;
	for (uint32_t v = 0; v < deps->nodes; v++)
		if (node[v].is_there && node[v].waits == 0)
			order[len++] = v;
	for (uint32_t at = 0; at < len; at++) {
		uint32_t v = order[at];

		for (uint32_t e = deps->first[v]; e < deps->first[v + 1]; e++)
			if (is_order(node, &deps->edge[e]) &&
				--node[deps->edge[e].to].waits == 0)
				order[len++] = deps->edge[e].to;
	}
	return len;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* head and tail of each, from the weights. */
static void
walk(const struct graph *deps, struct budget_node *node, const uint32_t *order,
	uint32_t len)
{
	for (uint32_t v = 0; v < deps->nodes; v++) {
		node[v].head = 0;
		node[v].tail = 0;
	}
	for (uint32_t at = 0; at < len; at++) {
		const struct budget_node *n = &node[order[at]];

		for (uint32_t e = deps->first[order[at]];
			e < deps->first[order[at] + 1]; e++) {
			struct budget_node *to = &node[deps->edge[e].to];

			/* waits: it lies on a cycle, or behind one. */
			if (is_order(node, &deps->edge[e]) && to->waits == 0)
				to->head =
					larger(to->head, n->head + n->weight);
		}
	}
	for (uint32_t at = len; at-- > 0;) {
		struct budget_node *n = &node[order[at]];

		for (uint32_t e = deps->first[order[at]];
			e < deps->first[order[at] + 1]; e++) {
			const struct budget_node *to = &node[deps->edge[e].to];

			if (is_order(node, &deps->edge[e]) && to->waits == 0)
				n->tail =
					larger(n->tail, to->tail + to->weight);
		}
	}
}

static uint64_t
through(const struct budget_node *n)
{
	return n->head + n->weight + n->tail;
}

/* What it asks for; more than everything is everything. */
static uint64_t
wish(const struct budget_node *n, uint32_t window_ms)
{
	if (!n->is_there)
		return 0;
	return n->own_ms < window_ms ? n->own_ms : window_ms;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t
share(const struct budget_node *n, uint32_t window_ms)
{
	uint64_t own = wish(n, window_ms);

	if (n->length <= window_ms || n->rests == 0)
		return (uint32_t)own;
	/* All of them are below 2^32: a wish and a window as they come in, the
	 * floors as at most half of the window. */
	return (uint32_t)(n->floor + (own - n->floor) *
					     (window_ms - n->floors) /
					     n->rests);
}

void
budget_share(const struct graph *deps, uint32_t window_ms,
	struct budget_node *node, uint32_t *order)
{
	uint32_t len = sort(deps, node, order);

	for (uint32_t v = 0; v < deps->nodes; v++)
		node[v].weight = wish(&node[v], window_ms);
	walk(deps, node, order, len);
	for (uint32_t v = 0; v < deps->nodes; v++) {
		node[v].length = through(&node[v]);
		node[v].weight = node[v].weight > 0;
	}
	walk(deps, node, order, len);
	for (uint32_t v = 0; v < deps->nodes; v++) {
		struct budget_node *n = &node[v];

		n->chain = larger(through(n), 1);
		n->level = (uint32_t)n->head;
		n->floor = least(wish(n, window_ms),
			least(BUDGET_FLOOR_MS, window_ms / (2 * n->chain)));
		n->weight = n->floor;
	}
	walk(deps, node, order, len);
	for (uint32_t v = 0; v < deps->nodes; v++) {
		node[v].floors = through(&node[v]);
		node[v].weight = wish(&node[v], window_ms) - node[v].floor;
	}
	walk(deps, node, order, len);
	for (uint32_t v = 0; v < deps->nodes; v++) {
		node[v].rests = through(&node[v]);
		node[v].share_ms = share(&node[v], window_ms);
		node[v].weight = node[v].share_ms;
	}
	walk(deps, node, order, len);
	for (uint32_t v = 0; v < deps->nodes; v++)
		node[v].tail_ms = (uint32_t)node[v].tail;
}
