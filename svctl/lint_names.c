/* Names: those that a key refers to, and those that a service provides. */
#include <stdlib.h>
#include <string.h>

#include "lib/name.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/lint_private.h"
#include "svctl/svctl.h"

enum unknown {
	UNKNOWN_ERROR,
	UNKNOWN_WARNING,
	UNKNOWN_NOTHING
};

static const struct {
	const char *key;
	size_t offset; /* of its list in struct def */
	enum unknown unknown;
	bool orders; /* naming oneself is a cycle, found with the others */
} keys[] = {
	{"requires", offsetof(struct def, requires), UNKNOWN_ERROR, true},
	{"binds-to", offsetof(struct def, binds_to), UNKNOWN_ERROR, true},
	{"requires-once", offsetof(struct def, requires_once), UNKNOWN_ERROR,
		true},
	{"wants", offsetof(struct def, wants), UNKNOWN_WARNING, true},
	{"on-failure", offsetof(struct def, on_failure), UNKNOWN_WARNING,
		false},
	{"part-of", offsetof(struct def, part_of), UNKNOWN_WARNING, false},
	{"conflicts", offsetof(struct def, conflicts), UNKNOWN_NOTHING, false},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* text goes behind "KEY: 'NAME' " at the place where the key names it. */
static void
say(struct lint *lint, const struct lint_item *item, const char *key,
	const char *name, bool is_error, const char *text)
{
	struct def_error where;
	struct fmt f;

	defs_locate(&item->section, key, name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "%s: '%s' %s", key, name, text);
	lint_say(lint, item, is_error, &where, where.text);
}

static void
say_unknown(struct lint *lint, const struct lint_item *item, const char *key,
	const char *name, bool is_error)
{
	struct def_error where;
	char near[NAME_CAP];
	struct fmt f;

	defs_locate(&item->section, key, name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "%s: no service '%s'", key, name);
	if (defs_nearest(lint->text, name, near))
		fmt_printf(&f, "; did you mean '%s'?", near);
	else
		fmt_str(&f, is_error ? "; define it, or use wants"
				     : "; it is left out");
	lint_say(lint, item, is_error, &where, where.text);
}

static void
say_masked(struct lint *lint, const struct lint_item *item, const char *key,
	const char *name)
{
	struct def_error where;
	struct fmt f;

	defs_locate(&item->section, key, name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "%s: '%s' is masked, so '%s' cannot start", key, name,
		item->section.name);
	lint_say(lint, item, false, &where, where.text);
}

/* It is named by conflicts as well. */
static bool
is_enemy(const struct lint *lint, const struct def *def, uint32_t other)
{
	for (unsigned i = 0; i < def->conflicts.len; i++)
		if (lint_find(lint, def->conflicts.item[i]) == other)
			return true;
	return false;
}

static void
check_name(struct lint *lint, const struct lint_item *item, size_t k,
	const char *name)
{
	bool is_hard = keys[k].unknown == UNKNOWN_ERROR;
	uint32_t n = lint_find(lint, name);

	if (n == GRAPH_NONE) {
		if (keys[k].unknown != UNKNOWN_NOTHING)
			say_unknown(lint, item, keys[k].key, name, is_hard);
		return;
	}
	if (is_hard && lint->item[n].section.enabled == ENABLED_MASKED)
		say_masked(lint, item, keys[k].key, name);
	if (is_hard && (is_enemy(lint, &item->def, n) ||
			       (lint->item[n].is_good &&
				       is_enemy(lint, &lint->item[n].def,
					       (uint32_t)(item - lint->item)))))
		say(lint, item, keys[k].key, name, true,
			"conflicts with it; take one of these away");
	if (&lint->item[n] == item && !keys[k].orders)
		say(lint, item, keys[k].key, name, true,
			"is the service itself");
}

void
lint_names(struct lint *lint, const struct lint_item *item)
{
	for (size_t k = 0; k < KEYS; k++) {
		const void *member = (const char *)&item->def + keys[k].offset;
		const struct def_list *list = member;

		for (unsigned i = 0; i < list->len; i++)
			check_name(lint, item, k, list->item[i]);
	}
}

uint32_t
lint_find_alias(const struct lint *lint, const char *name)
{
	for (uint32_t i = 0; i < lint->aliases; i++)
		if (strcmp(lint->alias[i].name, name) == 0)
			return lint->alias[i].item;
	return GRAPH_NONE;
}

static void
add_name(struct lint *lint, uint32_t n, const char *name)
{
	const struct lint_item *item = &lint->item[n];
	uint32_t other = lint_find(lint, name);
	struct lint_alias *more;

	if (other == n)
		return;
	if (other != GRAPH_NONE &&
		strcmp(lint->item[other].section.name, name) == 0) {
		say(lint, item, "provides", name, true,
			"is the name of a service");
		return;
	}
	if (other != GRAPH_NONE) {
		say(lint, item, "provides", name, true,
			"is provided by another already");
		return;
	}
	more = realloc(lint->alias, (lint->aliases + 1) * sizeof(*more));
	if (!more)
		return;
	lint->alias = more;
	lint->alias[lint->aliases++] = (struct lint_alias){name, n};
}

void
lint_provides(struct lint *lint)
{
	for (uint32_t n = 0; n < lint->count; n++)
		for (unsigned i = 0; lint->item[n].is_good &&
				     i < lint->item[n].def.provides.len;
			i++)
			add_name(lint, n, lint->item[n].def.provides.item[i]);
}
