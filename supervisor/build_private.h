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

#define EDGE_ALL                                                               \
	(EDGE_REQUIRES | EDGE_WANTS | EDGE_AFTER | EDGE_BINDS | EDGE_ONCE |    \
		EDGE_CONFLICTS | EDGE_PART | EDGE_ON_FAILURE)

struct def;

struct build_edge {
	uint32_t from; /* ids */
	uint32_t to;
	uint32_t flags;
};

uint32_t build_add_string(struct build *b, const char *text, size_t len);
void
build_add_edge(struct build *b, uint32_t from, uint32_t to, uint32_t flags);
/* build_deps.c: the edges and other names that a definition gives. */
void
build_take_deps(struct build *b, struct build_svc *svc, const struct def *def);
void
build_take_names(struct build *b, struct build_svc *svc, const struct def *def);
/* Once all names are known: the edges to those that were not. */
void build_take_later(struct build *b, void (*warn)(const char *message));
/* The table of other names, for the page. */
void build_put_names(struct build *b);
/* 1 + index of its exit statuses, 0: the usual ones. */
uint16_t build_statuses(struct build *b, const struct def *def);

/* An edge to a name that was not known yet; the name follows it. */
struct build_later {
	uint32_t svc; /* index */
	uint32_t key;
	uint32_t size; /* of this and the name */
};

/* The service becomes invalid, with this text. */
void build_reject(struct build *b, struct build_svc *svc, const char *text);
/* "FILE: KEY: no service 'NAME'", and the nearest one there is. */
void build_unknown_name(const struct build *b, const struct build_svc *svc,
	const char *key, const char *name, char out[BUILD_TEXT]);
/* The service that it logs to starts first; what there is none of is rejected.
 */
void
build_take_sink(struct build *b, struct build_svc *svc, const struct def *def);
/* One of which only another name is known: looked up by build_take_later(). */
void build_put_off_sink(
	struct build *b, const struct build_svc *svc, const char *name);
/* The service that it logs to by that name; NULL: there is none. */
void build_set_sink(struct build *b, struct build_svc *svc,
	struct build_svc *to, const char *name);
/* Rejects those whose lines would come back to them. */
void build_check_sinks(struct build *b);
/* Its line for svlog, if it has output. */
void build_add_log(struct build *b, const char *name, const struct def *def);
/* Edges to graphs; services on a cycle are rejected. */
bool build_graphs(struct build *b);

#endif
