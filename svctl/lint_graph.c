/* Cycles in the order that definitions ask for. */
#include <stdlib.h>
#include <string.h>

#include "svctl/lint_private.h"
#include "svctl/svctl.h"

#define TEXT_CAP 3072 /* names of a cycle */
#define GROUPS	 256  /* graph_cycles() numbers no more */

struct edge {
	uint32_t from; /* starts after `to` */
	uint32_t to;
	bool is_implied; /* by requires or wants, not by after or before */
};

struct edges {
	struct edge *edge;
	uint32_t len;
	uint32_t cap;
};

static void
add(struct lint *lint, struct edges *edges, uint32_t from, const char *name,
	bool is_reverse, bool is_implied)
{
	uint32_t to = lint_find(lint, name);

	if (to == GRAPH_NONE || !lint->item[to].is_good ||
		edges->len == edges->cap)
		return;
	edges->edge[edges->len++] =
		is_reverse ? (struct edge){to, from, is_implied}
			   : (struct edge){from, to, is_implied};
}

static void
collect(struct lint *lint, struct edges *edges)
{
	for (uint32_t i = 0; i < lint->count; i++) {
		const struct def *d = &lint->item[i].def;

		if (!lint->item[i].is_good)
			continue;
		for (unsigned n = 0; n < d->after.len; n++)
			add(lint, edges, i, d->after.item[n], false, false);
		for (unsigned n = 0; n < d->before.len; n++)
			add(lint, edges, i, d->before.item[n], true, false);
		for (unsigned n = 0; n < d->requires.len; n++)
			add(lint, edges, i, d->requires.item[n], false, true);
		for (unsigned n = 0; n < d->wants.len; n++)
			add(lint, edges, i, d->wants.item[n], false, true);
		if (d->log_service && lint_log_ends(lint, i))
			add(lint, edges, i, d->log_service, false, true);
		for (unsigned n = 0; n < d->binds_to.len; n++)
			add(lint, edges, i, d->binds_to.item[n], false, true);
		for (unsigned n = 0; n < d->requires_once.len; n++)
			add(lint, edges, i, d->requires_once.item[n], false,
				true);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	/* What somebody said comes before what follows from it. */
	return (int)x->is_implied - (int)y->is_implied;
}

static bool
is_said(const struct edges *edges, uint32_t from, uint32_t to)
{
	struct edge key = {from, to, false};

	return bsearch(&key, edges->edge, edges->len, sizeof(key), compare);
}

/* Sorts, and leaves out doubles and orders that somebody turned around. */
static void
settle(struct edges *edges)
{
	uint32_t kept = 0;

	qsort(edges->edge, edges->len, sizeof(*edges->edge), compare);
	/* Marked in a pass of its own: is_said() needs the array whole. */
	for (uint32_t i = 0; i < edges->len; i++) {
		struct edge *e = &edges->edge[i];

		if (e->is_implied && is_said(edges, e->to, e->from) &&
			!is_said(edges, e->from, e->to))
			e->to = GRAPH_NONE;
	}
	for (uint32_t i = 0; i < edges->len; i++) {
		const struct edge *e = &edges->edge[i];

		if (e->to == GRAPH_NONE ||
			(kept && edges->edge[kept - 1].from == e->from &&
				edges->edge[kept - 1].to == e->to))
			continue;
		edges->edge[kept++] = *e;
	}
	edges->len = kept;
}

static void
say_cycle(struct lint *lint, const uint32_t *path, uint32_t len)
{
	const struct lint_item *first = &lint->item[path[0]];
	struct def_error where;
	char text[TEXT_CAP];
	struct fmt f;

	memset(&where, 0, sizeof(where));
	where.file = first->def.source;
	fmt_init(&f, text, sizeof(text));
	fmt_str(&f, "dependency cycle: ");
	for (uint32_t i = 0; i <= len; i++)
		fmt_printf(&f, "%s%s", i ? " -> " : "",
			lint->item[path[i % len]].section.name);
	lint_say(lint, first, true, &where, text);
}

static void
find_cycles(struct lint *lint, const struct graph *graph, uint8_t *in_cycle,
	uint32_t *path, uint32_t *scratch)
{
	bool is_said_of[GROUPS] = {false};
	unsigned cycles = 0;

	graph_cycles(graph, in_cycle, &cycles, scratch);
	for (uint32_t i = 0; i < lint->count && cycles; i++) {
		uint32_t len;

		/* Once a cycle; with `only`, for that service. */
		if (!in_cycle[i] || is_said_of[in_cycle[i]] ||
			(lint->only &&
				strcmp(lint->only,
					lint->item[i].section.name) != 0))
			continue;
		len = graph_cycle_path(
			graph, in_cycle, i, path, lint->count, scratch);
		if (!len)
			continue;
		say_cycle(lint, path, len);
		is_said_of[in_cycle[i]] = true;
	}
}

void
lint_cycles(struct lint *lint)
{
	uint32_t nodes = lint->count;
	struct edges edges = {.cap = 0};
	struct graph_edge *edge = NULL;
	uint32_t *words = NULL;
	uint8_t *in_cycle = NULL;
	struct graph graph;

	for (uint32_t i = 0; i < nodes; i++) {
		const struct def *d = &lint->item[i].def;

		edges.cap += d->requires.len + d->wants.len + d->after.len +
			     d->before.len + d->binds_to.len +
			     d->requires_once.len + (d->log_service != NULL);
	}
	if (!edges.cap)
		return;
	edges.edge = calloc(edges.cap, sizeof(*edges.edge));
	edge = calloc(edges.cap, sizeof(*edge));
	words = calloc((size_t)nodes * 6 + 2, sizeof(*words));
	in_cycle = calloc(nodes, 1);
	if (edges.edge && edge && words && in_cycle) {
		collect(lint, &edges);
		settle(&edges);
		for (uint32_t i = 0; i < edges.len; i++) {
			words[edges.edge[i].from + 1]++;
			edge[i].to = edges.edge[i].to;
			edge[i].flags = EDGE_AFTER;
		}
		for (uint32_t i = 0; i < nodes; i++)
			words[i + 1] += words[i];
		graph = (struct graph){nodes, words, edge};
		find_cycles(lint, &graph, in_cycle, words + nodes + 1,
			words + 2 * (size_t)nodes + 1);
	}
	free(edges.edge);
	free(edge);
	free(words);
	free(in_cycle);
}
