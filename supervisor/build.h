/*
 * Definitions to plan input: text in the form of lib/loaded.h becomes policies
 * and edges by id. Nothing of the running system changes here; what is built
 * is put in force by services_commit() or thrown away. Pure but for malloc.
 */
#ifndef SUPERVISOR_BUILD_H
#define SUPERVISOR_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/graph.h"
#include "lib/state.h"
#include "supervisor/plan.h"

struct load;
struct load_text;

/* In a line of logs: where output goes when `log` is not set. */
#define BUILD_LOG_DEFAULT "default"

struct build_svc {
	const char *bytes; /* its fragments, in the text */
	size_t offset;	   /* of them in the text */
	size_t len;
	uint32_t id;
	uint32_t name; /* offsets into strings */
	uint32_t source;
	uint32_t description;
	uint32_t error;	 /* 0: none */
	uint32_t status; /* room for its status text, 0: it says none */
	uint8_t enabled; /* enum svc_enabled */
	uint8_t state;	 /* SVC_DOWN: valid; SVC_MASKED, SVC_INVALID */
	bool is_reloadable;
	bool is_sink;	 /* others log to it */
	uint32_t sink;	 /* that it logs to: index + 1 in svc; 0: none */
	uint8_t watches; /* WATCH_* of watches.h */
	struct plan_policy policy;
};

struct build_alias {
	uint32_t name; /* offset into strings */
	uint32_t svc;  /* index into build.svc */
};

struct build {
	const char *text; /* borrowed */
	size_t text_len;
	struct build_svc *svc; /* sorted by name */
	uint32_t count;
	uint32_t ids; /* ids are below it */
	uint32_t invalid;
	char *strings;
	size_t strings_len;
	size_t strings_cap;
	struct plan_delays *delays;
	uint32_t delays_len;
	struct plan_statuses *statuses;
	uint32_t statuses_len;
	struct build_alias *alias; /* sorted by name */
	uint32_t aliases;
	uint32_t aliases_cap;
	uint32_t alias_table; /* in strings, as lib/page.h has it; 0: none */
	struct graph deps;
	struct graph rdeps;
	char *logs; /* lines of the file `logs`, see logger.h */
	size_t logs_len;
	size_t logs_cap;
	/* private */
	struct build_edge *edge;
	uint32_t edges;
	uint32_t edges_cap;
	char *later; /* of struct build_later */
	size_t later_len;
	size_t later_cap;
	bool is_out_of_memory;
};

/* The id that a name has or shall have; ids need not be dense. */
typedef uint32_t build_id_of(void *context, const char *name);

/*
 * text is borrowed for as long as build is used. The graphs have least_ids
 * nodes or more. warn (may be NULL) gets what is not worth an error: an unknown
 * name in wants. False: out of memory, or text is no `loaded` text.
 */
bool
build_make(struct build *b, const char *text, size_t len, build_id_of *id_of,
	void *context, uint32_t least_ids, void (*warn)(const char *message));
void build_free(struct build *b);

/*
 * Lines for what log-sources of tend.conf names, with the defaults for
 * services as their settings; to: what `log` is when it is not set. Into
 * b->logs of a build that begins as zeros. False: out of memory.
 */
bool build_add_sources(struct build *b, const struct load *load, unsigned to);

/* The service of that name, or NULL. */
struct build_svc *build_find(const struct build *b, const char *name);
/* The same, be it another name of it. */
struct build_svc *build_find_any(const struct build *b, const char *name);
const char *build_string(const struct build *b, uint32_t offset);

#endif
