/*
 * Edges and other names. A name that no service has may be another name of
 * one that is yet to be read: those are looked up once all are known.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/name.h"
#include "supervisor/build_private.h"

/* What follows from a name that nobody has. */
enum unknown {
	UNKNOWN_REJECT,
	UNKNOWN_WARN,
	UNKNOWN_IGNORE
};

struct key {
	const char *name;
	size_t offset; /* of its list in struct def */
	uint32_t flags;
	enum unknown unknown;
	bool is_turned; /* the edge leads from the other to this one */
};

static const struct key keys[] = {
	{"requires", offsetof(struct def, requires),
		EDGE_REQUIRES | EDGE_IMPLIED, UNKNOWN_REJECT, false},
	{"binds-to", offsetof(struct def, binds_to),
		EDGE_REQUIRES | EDGE_BINDS | EDGE_IMPLIED, UNKNOWN_REJECT,
		false},
	{"requires-once", offsetof(struct def, requires_once),
		EDGE_ONCE | EDGE_IMPLIED, UNKNOWN_REJECT, false},
	{"wants", offsetof(struct def, wants), EDGE_WANTS | EDGE_IMPLIED,
		UNKNOWN_WARN, false},
	{"on-failure", offsetof(struct def, on_failure), EDGE_ON_FAILURE,
		UNKNOWN_WARN, false},
	{"part-of", offsetof(struct def, part_of), EDGE_PART, UNKNOWN_WARN,
		false},
	{"conflicts", offsetof(struct def, conflicts), EDGE_CONFLICTS,
		UNKNOWN_IGNORE, false},
	{"after", offsetof(struct def, after), EDGE_AFTER, UNKNOWN_IGNORE,
		false},
	{"before", offsetof(struct def, before), EDGE_AFTER, UNKNOWN_IGNORE,
		true},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* The nearest name there is, or NULL. */
static const char *
nearest(const struct build *b, const char *name)
{
	const char *best = NULL;
	unsigned best_distance = name_reach(name) + 1;

	for (uint32_t i = 0; i < b->count; i++) {
		const char *other = build_string(b, b->svc[i].name);
		unsigned distance = name_distance(name, other, best_distance);

		if (distance < best_distance) {
			best = other;
			best_distance = distance;
		}
	}
	return best;
}

void
build_unknown_name(const struct build *b, const struct build_svc *svc,
	const char *key, const char *name, char out[BUILD_TEXT])
{
	const char *near = nearest(b, name);
	struct fmt f;

	fmt_init(&f, out, BUILD_TEXT);
	fmt_printf(&f, "%s: %s: no service '%s'", build_string(b, svc->source),
		key, name);
	if (near)
		fmt_printf(&f, "; did you mean '%s'?", near);
}

/* Where the alias of that name is, or would be. */
static uint32_t
alias_place(const struct build *b, const char *name)
{
	uint32_t low = 0;
	uint32_t high = b->aliases;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (strcmp(build_string(b, b->alias[mid].name), name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct build_alias *
find_alias(const struct build *b, const char *name)
{
	uint32_t at = alias_place(b, name);

	return at < b->aliases && strcmp(build_string(b, b->alias[at].name),
					  name) == 0
		       ? &b->alias[at]
		       : NULL;
}

struct build_svc *
build_find_any(const struct build *b, const char *name)
{
	struct build_svc *svc = build_find(b, name);
	const struct build_alias *alias = svc ? NULL : find_alias(b, name);

	return alias ? &b->svc[alias->svc] : svc;
}

static void
reject_key(struct build *b, struct build_svc *svc, const char *key,
	const char *name, const char *what, const char *other)
{
	char text[512];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	fmt_printf(&f, "%s: %s: '%s' %s%s", build_string(b, svc->source), key,
		name, what, other);
	build_reject(b, svc, text);
}

static void
add_edges(struct build *b, struct build_svc *svc, const struct key *key,
	const struct build_svc *to)
{
	bool is_mutual = (key->flags & EDGE_CONFLICTS) != 0;

	/* Of those that order, the cycle is found with the others. */
	if (to == svc && (key->flags & (EDGE_AFTER | EDGE_IMPLIED)) == 0) {
		reject_key(b, svc, key->name, build_string(b, svc->name),
			"is the service itself", "");
		return;
	}
	if (!key->is_turned)
		build_add_edge(b, svc->id, to->id, key->flags);
	if (key->is_turned || is_mutual)
		build_add_edge(b, to->id, svc->id, key->flags);
}

/* What is looked up again when all names are known. */
static void
put_off(struct build *b, const struct build_svc *svc, size_t key,
	const char *name)
{
	size_t len = strlen(name) + 1;
	size_t cap = b->later_cap;
	struct build_later *later;
	char *more = b->later;

	if (b->later_len + sizeof(*later) + len > cap) {
		cap = (cap + len) * 2 + 256;
		more = realloc(b->later, cap);
		if (!more) {
			b->is_out_of_memory = true;
			return;
		}
		b->later = more;
		b->later_cap = cap;
	}
	later = (struct build_later *)(void *)(more + b->later_len);
	later->svc = (uint32_t)(svc - b->svc);
	later->key = (uint32_t)key;
	later->size = (uint32_t)((sizeof(*later) + len + 3) & ~(size_t)3);
	memcpy(later + 1, name, len);
	b->later_len += later->size;
}

void
build_put_off_sink(
	struct build *b, const struct build_svc *svc, const char *name)
{
	put_off(b, svc, KEYS, name);
}

void
build_take_deps(struct build *b, struct build_svc *svc, const struct def *def)
{
	for (size_t k = 0; k < KEYS; k++) {
		const void *member = (const char *)def + keys[k].offset;
		const struct def_list *list = member;

		for (unsigned i = 0; i < list->len; i++) {
			const struct build_svc *to =
				build_find(b, list->item[i]);

			if (to)
				add_edges(b, svc, &keys[k], to);
			else
				put_off(b, svc, k, list->item[i]);
		}
	}
	build_take_names(b, svc, def);
}

void
build_take_later(struct build *b, void (*warn)(const char *message))
{
	const struct build_later *later;
	char text[BUILD_TEXT];

	for (size_t at = 0; at < b->later_len; at += later->size) {
		const void *bytes = b->later + at;
		const char *name;
		const struct key *key;
		struct build_svc *svc;
		const struct build_alias *alias;

		later = bytes;
		name = (const char *)(later + 1);
		svc = &b->svc[later->svc];
		alias = find_alias(b, name);
		if (later->key == KEYS) {
			build_set_sink(b, svc,
				alias ? &b->svc[alias->svc] : NULL, name);
			continue;
		}
		key = &keys[later->key];
		if (alias) {
			add_edges(b, svc, key, &b->svc[alias->svc]);
			continue;
		}
		if (key->unknown == UNKNOWN_IGNORE)
			continue;
		build_unknown_name(b, svc, key->name, name, text);
		if (key->unknown == UNKNOWN_REJECT)
			build_reject(b, svc, text);
		else if (warn)
			warn(text);
	}
	free(b->later);
	b->later = NULL;
	b->later_len = 0;
	b->later_cap = 0;
}

static void
add_alias(struct build *b, struct build_svc *svc, const char *name)
{
	uint32_t at = alias_place(b, name);

	if (b->aliases == b->aliases_cap) {
		uint32_t cap = b->aliases_cap * 2 + 8;
		struct build_alias *more =
			realloc(b->alias, cap * sizeof(*more));

		if (!more) {
			b->is_out_of_memory = true;
			return;
		}
		b->alias = more;
		b->aliases_cap = cap;
	}
	memmove(&b->alias[at + 1], &b->alias[at],
		(b->aliases - at) * sizeof(*b->alias));
	b->alias[at] = (struct build_alias){
		.name = build_add_string(b, name, strlen(name)),
		.svc = (uint32_t)(svc - b->svc)};
	b->aliases++;
}

void
build_take_names(struct build *b, struct build_svc *svc, const struct def *def)
{
	for (unsigned i = 0; i < def->provides.len; i++) {
		const char *name = def->provides.item[i];
		const struct build_alias *alias = find_alias(b, name);

		if (alias && &b->svc[alias->svc] == svc)
			continue;
		if (build_find(b, name))
			reject_key(b, svc, "provides", name,
				"is the name of a service", "");
		else if (alias)
			reject_key(b, svc, "provides", name,
				"is provided already, by ",
				build_string(b, b->svc[alias->svc].name));
		else
			add_alias(b, svc, name);
	}
}

void
build_put_names(struct build *b)
{
	if (b->aliases == 0)
		return;
	b->alias_table = (uint32_t)b->strings_len;
	for (uint32_t i = 0; i < b->aliases; i++) {
		const struct build_alias *alias = &b->alias[i];
		char name[NAME_CAP];
		uint32_t of[2] = {alias->name, b->svc[alias->svc].name};

		for (unsigned k = 0; k < 2; k++) {
			size_t len = strlen(build_string(b, of[k]));

			/* The strings may move while one is added. */
			memcpy(name, build_string(b, of[k]), len + 1);
			build_add_string(b, name, len);
		}
	}
	build_add_string(b, "", 0);
}

static void
take_set(struct plan_status_set *set, const struct def_list *list)
{
	for (unsigned i = 0; i < list->len; i++) {
		int code, signal;

		if (!def_status_parse(list->item[i], &code, &signal))
			continue;
		if (code >= 0)
			set->codes[code / 32] |= 1u << code % 32;
		else if (signal < 64)
			set->signals |= (uint64_t)1 << signal;
	}
}

/* Few services have any, and most of those the same. */
uint16_t
build_statuses(struct build *b, const struct def *def)
{
	struct plan_statuses own = {0};
	struct plan_statuses *more = NULL;

	if (def->success_status.len + def->prevent_status.len == 0)
		return 0;
	take_set(&own.success, &def->success_status);
	take_set(&own.prevent, &def->prevent_status);
	for (uint32_t i = 0; i < b->statuses_len; i++)
		if (memcmp(&b->statuses[i], &own, sizeof(own)) == 0)
			return (uint16_t)(i + 1);
	if (b->statuses_len < UINT16_MAX)
		more = realloc(
			b->statuses, (b->statuses_len + 1) * sizeof(*more));
	if (!more) {
		b->is_out_of_memory = true;
		return 0;
	}
	b->statuses = more;
	b->statuses[b->statuses_len] = own;
	return (uint16_t)++b->statuses_len;
}
