/*
 * lib/users.h: who is found is there as a line of just that, and is found in
 * that line alone; a lookup by number agrees with one by name; a list that is
 * too short is an error and holds the first ones.
 * Input: passwd, a form feed, group, a form feed, the name.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "lib/users.h"
#include "tests/fuzz/fuzz.h"

#define GROUPS 64

static bool
is_within(struct users_text part, struct users_text all)
{
	return part.at >= all.at && part.at + part.len <= all.at + all.len &&
	       (part.len == 0 || (!memchr(part.at, '\0', part.len) &&
					 !memchr(part.at, '\n', part.len)));
}

static bool
is_same(struct users_text a, struct users_text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* Written as a line of its own it is read as the same. */
static void
check_line(const struct users_user *user, const char *name)
{
	size_t cap = user->name.len + user->home.len + user->shell.len + 40;
	char *line = malloc(cap);
	struct users_user again;
	struct users_text text;
	struct fmt f;

	fmt_init(&f, line, cap);
	fmt_bytes(&f, user->name.at, user->name.len);
	fmt_printf(&f, ":x:%lu:%lu::", (unsigned long)user->uid,
		(unsigned long)user->gid);
	fmt_bytes(&f, user->home.at, user->home.len);
	fmt_char(&f, ':');
	fmt_bytes(&f, user->shell.at, user->shell.len);
	text = (struct users_text){line, f.len};
	REQUIRE(users_find(text, name, &again));
	REQUIRE(again.uid == user->uid && again.gid == user->gid);
	REQUIRE(is_same(again.home, user->home));
	REQUIRE(is_same(again.shell, user->shell));
	free(line);
}

static void
check_passwd(struct users_text passwd, const char *name)
{
	struct users_user user, first;

	if (!users_find(passwd, name, &user))
		return;
	REQUIRE(user.uid != (uid_t)-1 && user.gid != (gid_t)-1);
	REQUIRE(is_within(user.name, passwd) && is_within(user.home, passwd) &&
		is_within(user.shell, passwd));
	REQUIRE(user.name.len == strlen(name) &&
		memcmp(user.name.at, name, user.name.len) == 0);
	REQUIRE(!memchr(user.home.at, ':', user.home.len));
	check_line(&user, name);
	REQUIRE(users_find_uid(passwd, user.uid, &first));
	REQUIRE(first.uid == user.uid && first.name.at <= user.name.at);
}

static void
check_group(struct users_text group, const char *name)
{
	gid_t all[GROUPS], some[GROUPS];
	gid_t gid = (gid_t)-1;
	size_t len = 0, some_len = 0, cap;
	bool is_whole = users_add_groups(group, name, all, GROUPS, &len);

	REQUIRE(!users_find_group(group, name, &gid) || gid != (gid_t)-1);
	REQUIRE(len <= GROUPS && (is_whole || len == GROUPS));
	for (size_t i = 0; i < len; i++) {
		REQUIRE(all[i] != (gid_t)-1);
		for (size_t j = 0; j < i; j++)
			REQUIRE(all[i] != all[j]);
	}
	if (len == 0)
		return;
	cap = fuzz_pick(group.at, group.len, (uint32_t)len);
	REQUIRE(!users_add_groups(group, name, some, cap, &some_len));
	REQUIRE(some_len == cap && memcmp(all, some, cap * sizeof(*all)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	const uint8_t *first = fuzz_part(data, end);
	const uint8_t *second = first == end ? end : fuzz_part(first + 1, end);
	struct users_text passwd = {fuzz_copy(data, (size_t)(first - data)),
		(size_t)(first - data)};
	const uint8_t *from = first == end ? end : first + 1;
	struct users_text group = {fuzz_copy(from, (size_t)(second - from)),
		(size_t)(second - from)};
	char *name;

	from = second == end ? end : second + 1;
	name = fuzz_string(from, (size_t)(end - from));
	check_passwd(passwd, name);
	check_group(group, name);
	free(name);
	free((void *)(uintptr_t)passwd.at);
	free((void *)(uintptr_t)group.at);
	return 0;
}
