#include "lib/graph.h"

#include <string.h>

#define GROUPS_MAX 255u

/* What in_cycle holds of a node until its component is known. */
#define HAS_SELF_EDGE 1u
#define IS_NO_ROOT    2u /* it reaches a node that was entered before it */

/*
 * Strongly connected components after Pearce: one pass over the edges, with
 * stacks of our own. low is 0 for a node not yet seen, then the least number
 * that it reaches, and counts down from the top once its component is known.
 */
struct search {
	const struct graph *graph;
	uint32_t *low;
	uint32_t *next;	   /* the edge at which a node is taken up again */
	uint32_t *path;	   /* the nodes that are being visited */
	uint32_t *pending; /* left, but of a component not yet complete */
	uint32_t path_len;
	uint32_t pending_len;
	uint32_t number; /* of the next new node */
	uint32_t component;
	uint8_t *in_cycle;
	unsigned cycles;
};

static void
enter(struct search *s, uint32_t node)
{
	s->low[node] = s->number++;
	s->next[node] = s->graph->first[node];
	s->path[s->path_len++] = node;
}

/*
 * Goes over the edges of node from where it was left. True: another node was
 * entered.
 */
static bool
follow(struct search *s, uint32_t node)
{
	while (s->next[node] < s->graph->first[node + 1]) {
		const struct graph_edge *edge = &s->graph->edge[s->next[node]];

		if ((edge->flags & EDGE_AFTER) == 0) {
			s->next[node]++;
			continue;
		}
		if (s->low[edge->to] == 0) {
			enter(s, edge->to);
			return true;
		}
		if (edge->to == node)
			s->in_cycle[node] |= HAS_SELF_EDGE;
		if (s->low[edge->to] < s->low[node]) {
			s->low[node] = s->low[edge->to];
			s->in_cycle[node] |= IS_NO_ROOT;
		}
		s->next[node]++;
	}
	return false;
}

static void
leave(struct search *s, uint32_t node)
{
	uint8_t group = 0;
	uint32_t begin = s->pending_len;

	s->path_len--;
	if ((s->in_cycle[node] & IS_NO_ROOT) != 0) {
		s->pending[s->pending_len++] = node;
		return;
	}
	while (begin > 0 && s->low[s->pending[begin - 1]] >= s->low[node])
		begin--;
	if (begin < s->pending_len || s->in_cycle[node] != 0) {
		s->cycles++;
		group = (uint8_t)(s->cycles < GROUPS_MAX ? s->cycles
							 : GROUPS_MAX);
	}
	s->in_cycle[node] = group;
	s->low[node] = s->component;
	while (s->pending_len > begin) {
		uint32_t member = s->pending[--s->pending_len];

		s->in_cycle[member] = group;
		s->low[member] = s->component;
	}
	s->component--;
}

void
graph_cycles(const struct graph *graph, uint8_t *in_cycle, unsigned *cycles,
	uint32_t *scratch)
{
	uint32_t n = graph->nodes;
	struct search s = {
		.graph = graph,
		.low = scratch,
		.next = scratch + n,
		.path = scratch + (size_t)2 * n,
		.pending = scratch + (size_t)3 * n,
		.number = 1,
		.component = UINT32_MAX,
		.in_cycle = in_cycle,
	};

	*cycles = 0;
	if (n == 0)
		return;
	memset(in_cycle, 0, n);
	memset(s.low, 0, n * sizeof(*s.low));
	for (uint32_t root = 0; root < n; root++) {
		if (s.low[root] != 0)
			continue;
		enter(&s, root);
		while (s.path_len > 0) {
			uint32_t node = s.path[s.path_len - 1];

			if (!follow(&s, node))
				leave(&s, node);
		}
	}
	*cycles = s.cycles;
}

uint32_t
graph_cycle_path(const struct graph *graph, const uint8_t *in_cycle,
	uint32_t start, uint32_t *path, uint32_t cap, uint32_t *scratch)
{
	uint32_t *queue = scratch;
	uint32_t *from = scratch + graph->nodes; /* GRAPH_NONE: not reached */
	uint32_t head = 0, tail = 0, len = 0, last = GRAPH_NONE;

	if (start >= graph->nodes || in_cycle[start] == 0 || cap == 0)
		return 0;
	for (uint32_t i = 0; i < graph->nodes; i++)
		from[i] = GRAPH_NONE;
	queue[tail++] = start;
	while (head < tail && last == GRAPH_NONE) {
		uint32_t node = queue[head++];

		for (uint32_t i = graph->first[node];
			i < graph->first[node + 1]; i++) {
			uint32_t to = graph->edge[i].to;

			if ((graph->edge[i].flags & EDGE_AFTER) == 0 ||
				in_cycle[to] != in_cycle[start])
				continue;
			if (to == start) {
				last = node;
				break;
			}
			if (from[to] == GRAPH_NONE) {
				from[to] = node;
				queue[tail++] = to;
			}
		}
	}
	if (last == GRAPH_NONE)
		return 0;
	for (uint32_t node = last; node != start; node = from[node])
		len++;
	len++;
	for (uint32_t node = last, i = len; i-- > 0; node = from[node])
		if (i < cap)
			path[i] = node;
	return len < cap ? len : cap;
}
