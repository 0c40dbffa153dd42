/*
 * Dependencies between services as one array of edges, and the cycles in the
 * order they ask for. Iterative, linear in edges; memory is the caller's. Pure.
 */
#ifndef LIB_GRAPH_H
#define LIB_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAPH_NONE UINT32_MAX

#define EDGE_REQUIRES 1u /* from is stopped and fails with to */
#define EDGE_WANTS    2u /* from starts to, if it can be */
#define EDGE_AFTER    4u /* from starts when to is there, stops before it */
/* 8 is private to whoever builds a graph. */
#define EDGE_BINDS	16u /* beside REQUIRES: goes down with each end of it */
#define EDGE_ONCE	32u /* from starts to, which must have come up once */
#define EDGE_CONFLICTS	64u /* in both directions: one of the two at a time */
#define EDGE_PART	128u /* from is stopped and restarted with to */
#define EDGE_ON_FAILURE 256u /* to is started when from has failed */

/* from needs to while it runs; what nobody needs any more may go. */
#define EDGE_NEEDS (EDGE_REQUIRES | EDGE_WANTS | EDGE_ONCE)

/* Edges are sorted by from; first[from] to first[from + 1] are its own. */
struct graph_edge {
	uint32_t to;
	uint32_t flags;
};

struct graph {
	uint32_t nodes;
	const uint32_t *first; /* nodes + 1 of them */
	const struct graph_edge *edge;
};

/*
 * Marks in in_cycle (nodes bytes, zeroed here) each node that lies on a cycle
 * of EDGE_AFTER edges, in *cycles how many groups of nodes there are. scratch
 * holds 4 * nodes words. in_cycle[n] is the number of its group, from 1,
 * at most 255.
 */
void graph_cycles(const struct graph *graph, uint8_t *in_cycle,
	unsigned *cycles, uint32_t *scratch);

/*
 * One cycle through start among the nodes of its group, in order, into path
 * (cap words, start first and not repeated). Returns its length, 0 if none.
 */
uint32_t graph_cycle_path(const struct graph *graph, const uint8_t *in_cycle,
	uint32_t start, uint32_t *path, uint32_t cap, uint32_t *scratch);

#endif
