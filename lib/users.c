#include "lib/users.h"

#include <stdint.h>
#include <string.h>

/* Cuts text at the first stop. False: there is none; *field is all of it. */
static bool
cut(struct users_text *text, char stop, struct users_text *field)
{
	const char *end =
		text->len == 0 ? NULL : memchr(text->at, stop, text->len);

	*field = *text;
	if (!end) {
		text->len = 0;
		return false;
	}
	field->len = (size_t)(end - text->at);
	text->at = end + 1;
	text->len -= field->len + 1;
	return true;
}

/* The next line without a NUL. False: there are no more. */
static bool
next_line(struct users_text *text, struct users_text *line)
{
	while (text->len > 0) {
		cut(text, '\n', line);
		if (line->len > 0 && !memchr(line->at, '\0', line->len))
			return true;
	}
	return false;
}

static bool
is_equal(struct users_text text, const char *string)
{
	return strlen(string) == text.len &&
	       memcmp(text.at, string, text.len) == 0;
}

static bool
cut_id(struct users_text *line, uint32_t *id)
{
	struct users_text field;
	uint64_t n = 0;

	if (!cut(line, ':', &field) || field.len == 0)
		return false;
	for (size_t i = 0; i < field.len; i++) {
		if (field.at[i] < '0' || field.at[i] > '9')
			return false;
		n = n * 10 + (unsigned)(field.at[i] - '0');
		if (n >= UINT32_MAX)
			return false;
	}
	*id = (uint32_t)n;
	return true;
}

static bool
next_user(struct users_text *passwd, struct users_user *user)
{
	struct users_text line, ignored;

	while (next_line(passwd, &line))
		if (cut(&line, ':', &user->name) && user->name.len > 0 &&
			cut(&line, ':', &ignored) &&
			cut_id(&line, &user->uid) &&
			cut_id(&line, &user->gid) &&
			cut(&line, ':', &ignored) &&
			cut(&line, ':', &user->home)) {
			user->shell = line;
			return true;
		}
	return false;
}

bool
users_find(struct users_text passwd, const char *name, struct users_user *user)
{
	while (next_user(&passwd, user))
		if (is_equal(user->name, name))
			return true;
	return false;
}

bool
users_find_uid(struct users_text passwd, uid_t uid, struct users_user *user)
{
	while (next_user(&passwd, user))
		if (user->uid == uid)
			return true;
	return false;
}

static bool
next_group(struct users_text *group, struct users_text *name, gid_t *gid,
	struct users_text *members)
{
	struct users_text ignored;

	while (next_line(group, members))
		if (cut(members, ':', name) && name->len > 0 &&
			cut(members, ':', &ignored) && cut_id(members, gid))
			return true;
	return false;
}

bool
users_find_group(struct users_text group, const char *name, gid_t *gid)
{
	struct users_text found, members;

	while (next_group(&group, &found, gid, &members))
		if (is_equal(found, name))
			return true;
	return false;
}

static bool
has_member(struct users_text members, const char *user)
{
	struct users_text member;

	while (members.len > 0) {
		cut(&members, ',', &member);
		if (member.len > 0 && is_equal(member, user))
			return true;
	}
	return false;
}

static bool
has_id(const gid_t *list, size_t len, gid_t gid)
{
	for (size_t i = 0; i < len; i++)
		if (list[i] == gid)
			return true;
	return false;
}

bool
users_add_groups(struct users_text group, const char *user, gid_t *list,
	size_t cap, size_t *len)
{
	struct users_text name, members;
	gid_t gid;

	while (next_group(&group, &name, &gid, &members)) {
		if (!has_member(members, user) || has_id(list, *len, gid))
			continue;
		if (*len == cap)
			return false;
		list[(*len)++] = gid;
	}
	return true;
}
