/*
 * The two halves of build: build.c reads the definitions, build_graph.c makes
 * their dependencies into graphs.
 */
#ifndef SUPERVISOR_BUILD_PRIVATE_H
#define SUPERVISOR_BUILD_PRIVATE_H

#include "supervisor/build.h"

/* Asked for by requires or wants, unless an explicit order says otherwise. */
#define EDGE_IMPLIED 8u

#define BUILD_TEXT 240 /* of a message */

struct def;

struct build_edge {
	uint32_t from; /* ids */
	uint32_t to;
	uint32_t flags;
};

uint32_t build_add_string(struct build *b, const char *text, size_t len);
void
build_add_edge(struct build *b, uint32_t from, uint32_t to, uint32_t flags);
/* The service becomes invalid, with this text. */
void build_reject(struct build *b, struct build_svc *svc, const char *text);
/* "FILE: KEY: no service 'NAME'", and the nearest one there is. */
void build_unknown_name(const struct build *b, const struct build_svc *svc,
	const char *key, const char *name, char out[BUILD_TEXT]);
/* The service that it logs to starts first; what there is none of is rejected.
 */
void
build_take_sink(struct build *b, struct build_svc *svc, const struct def *def);
/* Rejects those whose lines would come back to them. */
void build_check_sinks(struct build *b);
/* Its line for svlog, if it has output. */
void build_add_log(struct build *b, const char *name, const struct def *def);
/* Edges to graphs; services on a cycle are rejected. */
bool build_graphs(struct build *b);

#endif
