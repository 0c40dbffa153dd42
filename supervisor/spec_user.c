#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/reason.h"
#include "lib/userdb.h"
#include "supervisor/spec_private.h"

#define GROUPS_MAX 256

static bool
is_number(const char *text)
{
	return *text >= '0' && *text <= '9' &&
	       text[strspn(text, "0123456789")] == '\0';
}

/*
 * An id may not wrap to another one, and the last one means "leave it as it
 * is" to the kernel: both would run the service as root.
 */
static unsigned
to_id(struct spec_builder *b, enum spawn_step step, const char *text)
{
	uint64_t n = 0;

	for (const char *at = text; *at != '\0' && n < UINT32_MAX; at++)
		n = n * 10 + (unsigned)(*at - '0');
	if (n >= UINT32_MAX)
		spec_fail(b, step, EINVAL, "no user or group has the number ",
			text);
	return (unsigned)n;
}

static const char *
copy_text(struct spec_builder *b, struct users_text text)
{
	const char *copy = arena_copy(b->arena, text.at, text.len);

	if (!copy && b->result == SPEC_OK)
		b->result = SPEC_FULL;
	return copy;
}

static bool
open_db(struct spec_builder *b, enum spawn_step step, const char *path,
	struct userdb *db)
{
	int error = userdb_open(db, path);

	if (error != 0)
		spec_fail(b, step, error, "cannot be read: ", path);
	return error == 0;
}

static void
find_group(struct spec_builder *b, struct users_text db, const char *group)
{
	if (users_find_group(db, group, &b->spec->gid))
		return;
	if (is_number(group))
		b->spec->gid = to_id(b, STEP_GROUP, group);
	else
		spec_fail(b, STEP_GROUP, 0, "no group ", group);
}

/* Those that the definition names. */
static bool
add_groups(struct spec_builder *b, struct users_text db,
	const struct def_list *names, gid_t *list, size_t *len)
{
	for (unsigned i = 0; i < names->len; i++) {
		const char *name = names->item[i];

		if (*len == GROUPS_MAX)
			return false;
		if (users_find_group(db, name, &list[*len])) {
			(*len)++;
		} else if (is_number(name)) {
			list[(*len)++] = to_id(b, STEP_GROUPS, name);
		} else {
			spec_fail(b, STEP_GROUPS, 0, "no group ", name);
			return true;
		}
	}
	return true;
}

/*
 * By name: all groups of the user. By number: none but the main one. Those of
 * the definition come to them.
 */
static void
find_groups(struct spec_builder *b, const struct def *def, struct users_text db,
	bool is_named)
{
	gid_t list[GROUPS_MAX] = {b->spec->gid};
	gid_t *copy;
	size_t len = 1;

	if ((is_named &&
		    !users_add_groups(db, def->user, list, GROUPS_MAX, &len)) ||
		!add_groups(b, db, &def->supplementary_groups, list, &len)) {
		spec_fail(b, STEP_GROUPS, E2BIG, "too many groups", "");
		return;
	}
	copy = spec_get(b, len * sizeof(*copy));
	if (!copy)
		return;
	memcpy(copy, list, len * sizeof(*copy));
	b->spec->groups = copy;
	b->spec->groups_len = len;
	b->spec->has_groups = true;
}

static void
take_user(struct spec_builder *b, const struct def *def, struct users_text db)
{
	struct users_user user;

	if (!users_find(db, def->user, &user)) {
		if (!is_number(def->user)) {
			spec_fail(b, STEP_USER, 0, "no user ", def->user);
			return;
		}
		b->spec->uid = to_id(b, STEP_USER, def->user);
		if (b->result != SPEC_OK)
			return;
		if (!users_find_uid(db, b->spec->uid, &user)) {
			if (!def->group)
				spec_fail(b, STEP_GROUP, 0,
					"a user without name needs group =: ",
					def->user);
			return;
		}
	}
	b->spec->uid = user.uid;
	b->spec->gid = user.gid;
	b->user = copy_text(b, user.name);
	b->home = copy_text(b, user.home);
	b->shell = copy_text(b, user.shell);
}

void
spec_find_user(struct spec_builder *b, const struct def *def)
{
	bool is_named = def->user && !is_number(def->user);
	struct userdb db;

	if (!def->user && !def->group && def->supplementary_groups.len == 0)
		return;
	b->spec->has_user = true;
	b->spec->uid = geteuid();
	b->spec->gid = getegid();
	if (def->user) {
		if (open_db(b, STEP_USER, USERDB_PASSWD, &db))
			take_user(b, def, db.text);
		userdb_close(&db);
	}
	b->spec->needs_groups = def->supplementary_groups.len > 0;
	if (b->result != SPEC_OK ||
		(!def->group && !is_named && !b->spec->needs_groups))
		return;
	if (open_db(b, STEP_GROUP, USERDB_GROUP, &db)) {
		if (def->group)
			find_group(b, db.text, def->group);
		if ((is_named || b->spec->needs_groups) && b->result == SPEC_OK)
			find_groups(b, def, db.text, is_named);
	}
	userdb_close(&db);
}
