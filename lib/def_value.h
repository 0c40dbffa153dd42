/*
 * The values of a definition's keys: each setter checks one value and stores
 * it. Only def.c uses this. Pure.
 */
#ifndef LIB_DEF_VALUE_H
#define LIB_DEF_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct def;
struct def_list;
struct def_error;
struct lines_pair;

/* One assignment while it is being applied. */
struct def_value {
	const struct lines_pair *pair;
	char *text; /* the joined value, in the arena; never empty */
	size_t len;
	struct arena *arena;
	struct def *def;
	struct def_error *error;
};

/* member is the field of the key's table line. False: error is filled in. */
typedef bool def_setter(struct def_value *value, void *member);

#define KEY(name, symbol, sort, setter, member) def_setter set_##setter;
#include "lib/keys.def"
#undef KEY

/* Sets error to the place of a byte of the value; returns false. */
bool def_value_fail(struct def_value *value, size_t offset);
/* The same for a value that does not fit into the arena. */
bool def_value_too_large(struct def_value *value);
/* Adds item, which is in the arena. False: no room, and error says so. */
bool
def_value_add(struct def_value *value, struct def_list *list, const char *item);

#endif
