/*
 * What the parts of the lint share. Only lint*.c use this.
 */
#ifndef SVCTL_LINT_PRIVATE_H
#define SVCTL_LINT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/def.h"
#include "lib/graph.h"
#include "lib/loaded.h"
#include "svctl/lint.h"

struct lint_item {
	struct loaded_section section;
	struct def def; /* if is_good */
	void *memory;	/* of def */
	bool is_good;
};

/* A name that a service provides beside its own. */
struct lint_alias {
	const char *name;
	uint32_t item;
};

struct lint {
	struct svctl *s;
	const struct load_text *text;
	const char *only; /* the service to speak of, or NULL */
	bool with_warnings;
	struct lint_result *result;
	struct lint_item *item; /* sorted by name */
	uint32_t count;
	struct lint_alias *alias;
	uint32_t aliases;
};

/*
 * Says and counts, if the item is one to speak of. where->text may be text; a
 * longer one is its own.
 */
void lint_say(struct lint *lint, const struct lint_item *item, bool is_error,
	const struct def_error *where, const char *text);
/* The index of a name, GRAPH_NONE if there is none. */
uint32_t lint_find(const struct lint *lint, const char *name);

/* Whether its lines arrive somewhere; else, with lint_log, an error. */
bool lint_log_ends(const struct lint *lint, uint32_t n);
void lint_log(struct lint *lint, uint32_t n);
uint32_t lint_find_alias(const struct lint *lint, const char *name);
/* Names that nobody has or that two provide, and what contradicts itself. */
void lint_provides(struct lint *lint);
void lint_names(struct lint *lint, const struct lint_item *item);

/* Programs, users and groups that are not there: warnings. */
void lint_programs(struct lint *lint, const struct lint_item *item);
/* Cycles, each with all its edges: errors. */
void lint_cycles(struct lint *lint);

#endif
