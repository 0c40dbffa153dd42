#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "supervisor/build_private.h"

/* How many names of a cycle a message has room for. */
#define CYCLE_SHOWN 32u

/*
 * Stable counting sort of edges by one end: two passes, by `to` and then by
 * `from`, give rows that are sorted, in a time linear in the edges.
 */
static void
sort_by(const struct build_edge *in, struct build_edge *out, uint32_t edges,
	uint32_t *start, uint32_t ids, bool by_from)
{
	memset(start, 0, (ids + 1) * sizeof(*start));
	for (uint32_t e = 0; e < edges; e++)
		start[(by_from ? in[e].from : in[e].to) + 1]++;
	for (uint32_t i = 0; i < ids; i++)
		start[i + 1] += start[i];
	for (uint32_t e = 0; e < edges; e++)
		out[start[by_from ? in[e].from : in[e].to]++] = in[e];
}

/* Edges between the same two become one. */
static uint32_t
merge(struct build_edge *edge, uint32_t edges)
{
	uint32_t kept = 0;

	for (uint32_t e = 0; e < edges; e++) {
		if (kept > 0 && edge[kept - 1].from == edge[e].from &&
			edge[kept - 1].to == edge[e].to)
			edge[kept - 1].flags |= edge[e].flags;
		else
			edge[kept++] = edge[e];
	}
	return kept;
}

static const struct build_edge *
find_edge(const struct build_edge *edge, uint32_t edges, uint32_t from,
	uint32_t to)
{
	uint32_t low = 0;
	uint32_t high = edges;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct build_edge *e = &edge[mid];

		if (e->from == from && e->to == to)
			return e;
		if (e->from < from || (e->from == from && e->to < to))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* requires and wants order as well, unless somebody said it the other way. */
static void
imply_order(struct build_edge *edge, uint32_t edges)
{
	for (uint32_t e = 0; e < edges; e++) {
		const struct build_edge *back;

		if ((edge[e].flags & EDGE_IMPLIED) == 0 ||
			(edge[e].flags & EDGE_AFTER) != 0)
			continue;
		back = find_edge(edge, edges, edge[e].to, edge[e].from);
		if (!back || (back->flags & EDGE_AFTER) == 0 ||
			(back->flags & EDGE_IMPLIED) != 0)
			edge[e].flags |= EDGE_AFTER;
	}
}

static bool
make_graph(const struct build_edge *edge, uint32_t edges, uint32_t ids,
	bool is_turned, struct graph *out)
{
	uint32_t *first = calloc(ids + 2, sizeof(*first));
	struct graph_edge *to = malloc((edges + 1) * sizeof(*to));

	out->nodes = ids;
	out->first = first;
	out->edge = to;
	if (!first || !to)
		return false;
	for (uint32_t e = 0; e < edges; e++) {
		first[(is_turned ? edge[e].to : edge[e].from) + 1]++;
		to[e].to = is_turned ? edge[e].from : edge[e].to;
		to[e].flags = edge[e].flags & EDGE_ALL;
	}
	for (uint32_t i = 0; i < ids; i++)
		first[i + 1] += first[i];
	return true;
}

static struct build_svc *
of_id(struct build *b, const uint32_t *by_id, uint32_t id)
{
	return by_id[id] == GRAPH_NONE ? NULL : &b->svc[by_id[id]];
}

static void
reject_cycle(struct build *b, const uint32_t *by_id, const uint32_t *path,
	uint32_t len, struct build_svc *svc)
{
	char text[1024];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	fmt_str(&f, "dependency cycle: ");
	for (uint32_t i = 0; i <= len; i++) {
		const struct build_svc *at =
			of_id(b, by_id, path[i == len ? 0 : i]);

		if (i == CYCLE_SHOWN && len > CYCLE_SHOWN) {
			fmt_printf(&f, " -> ... (%u in all)", len);
			break;
		}
		fmt_printf(&f, "%s%s", i == 0 ? "" : " -> ",
			at ? build_string(b, at->name) : "?");
	}
	fmt_str(&f, "; take one of these edges away");
	build_reject(b, svc, text);
}

static void
reject_cycles(struct build *b, const uint32_t *by_id, const uint8_t *in_cycle,
	uint32_t *path, uint32_t *scratch)
{
	for (uint32_t id = 0; id < b->ids; id++) {
		struct build_svc *svc = of_id(b, by_id, id);
		uint32_t len;

		if (in_cycle[id] == 0 || !svc)
			continue;
		len = graph_cycle_path(
			&b->deps, in_cycle, id, path, b->ids, scratch);
		reject_cycle(b, by_id, path, len, svc);
	}
}

/* Services with an error neither wait for anybody nor order anybody. */
static uint32_t
drop_invalid(struct build *b, const uint32_t *by_id, struct build_edge *edge,
	uint32_t edges)
{
	uint32_t kept = 0;

	for (uint32_t e = 0; e < edges; e++) {
		const struct build_svc *from = of_id(b, by_id, edge[e].from);

		if (from && from->state == SVC_DOWN)
			edge[kept++] = edge[e];
	}
	return kept;
}

static void
free_graph(struct graph *graph)
{
	/* They are ours: the graph's readers see them as constant. */
	free((void *)(uintptr_t)graph->first);
	free((void *)(uintptr_t)graph->edge);
	graph->first = NULL;
	graph->edge = NULL;
}

static bool
find_cycles(struct build *b, const uint32_t *by_id)
{
	uint8_t *in_cycle = malloc(b->ids + 1);
	uint32_t *scratch = malloc((b->ids + 1) * 4 * sizeof(*scratch));
	uint32_t *path = malloc((b->ids + 1) * sizeof(*path));
	unsigned cycles = 0;

	if (in_cycle && scratch && path) {
		graph_cycles(&b->deps, in_cycle, &cycles, scratch);
		if (cycles > 0)
			reject_cycles(b, by_id, in_cycle, path, scratch);
	}
	free(in_cycle);
	free(scratch);
	free(path);
	return in_cycle && scratch && path;
}

/* Started together they would stop each other. */
static void
reject_contradictions(struct build *b, const uint32_t *by_id)
{
	for (uint32_t e = 0; e < b->edges; e++) {
		struct build_svc *from = of_id(b, by_id, b->edge[e].from);
		const struct build_svc *to = of_id(b, by_id, b->edge[e].to);
		char text[512];
		struct fmt f;

		if ((b->edge[e].flags & EDGE_CONFLICTS) == 0 || !from || !to ||
			(b->edge[e].flags & (EDGE_REQUIRES | EDGE_ONCE)) == 0)
			continue;
		fmt_init(&f, text, sizeof(text));
		fmt_printf(&f,
			"%s: it requires '%s', and the two conflict; take one "
			"of these away",
			build_string(b, from->source),
			build_string(b, to->name));
		build_reject(b, from, text);
	}
}

static uint32_t *
index_by_id(const struct build *b)
{
	uint32_t *by_id = malloc((b->ids + 1) * sizeof(*by_id));

	if (!by_id)
		return NULL;
	memset(by_id, 0xff, (b->ids + 1) * sizeof(*by_id));
	for (uint32_t i = 0; i < b->count; i++)
		by_id[b->svc[i].id] = i;
	return by_id;
}

bool
build_graphs(struct build *b)
{
	struct build_edge *sorted = calloc(b->edges + 1, sizeof(*sorted));
	uint32_t *start = malloc((b->ids + 2) * sizeof(*start));
	uint32_t *by_id = index_by_id(b);
	bool is_done = false;

	if (!b->edge) {
		b->edge = calloc(1, sizeof(*b->edge));
		b->edges = 0;
	}
	if (sorted && start && by_id && b->edge) {
		sort_by(b->edge, sorted, b->edges, start, b->ids, false);
		sort_by(sorted, b->edge, b->edges, start, b->ids, true);
		b->edges = merge(b->edge, b->edges);
		reject_contradictions(b, by_id);
		imply_order(b->edge, b->edges);
		is_done = make_graph(
				  b->edge, b->edges, b->ids, false, &b->deps) &&
			  find_cycles(b, by_id);
	}
	if (is_done) {
		free_graph(&b->deps);
		b->edges = drop_invalid(b, by_id, b->edge, b->edges);
		is_done =
			make_graph(b->edge, b->edges, b->ids, false, &b->deps);
		sort_by(b->edge, sorted, b->edges, start, b->ids, false);
		is_done = is_done &&
			  make_graph(sorted, b->edges, b->ids, true, &b->rdeps);
	}
	free(sorted);
	free(start);
	free(by_id);
	free(b->edge);
	b->edge = NULL;
	b->edges = 0;
	return is_done;
}

void
build_free(struct build *b)
{
	free(b->svc);
	free(b->strings);
	free(b->delays);
	free(b->statuses);
	free(b->alias);
	free(b->later);
	free(b->edge);
	free(b->logs);
	free_graph(&b->deps);
	free_graph(&b->rdeps);
	*b = (struct build){0};
}
