/*
 * The lines of passwd(5) and group(5), of any length. A line that is not as it
 * should be is passed over: no name, too few fields, a NUL, an id that is no
 * number or is the one that means "leave it as it is". Pure.
 */
#ifndef LIB_USERS_H
#define LIB_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Borrowed bytes, without a NUL behind them. */
struct users_text {
	const char *at;
	size_t len;
};

struct users_user {
	uid_t uid;
	gid_t gid;
	struct users_text name; /* these are in passwd */
	struct users_text home;
	struct users_text shell;
};

/* The first line of passwd that fits. */
bool
users_find(struct users_text passwd, const char *name, struct users_user *user);
bool
users_find_uid(struct users_text passwd, uid_t uid, struct users_user *user);

/* The first line of group with that name. */
bool users_find_group(struct users_text group, const char *name, gid_t *gid);

/*
 * Adds to the len ids in list those of the groups that user is a member of, in
 * the order of the lines and each once. False: there are more than cap.
 */
bool users_add_groups(struct users_text group, const char *user, gid_t *list,
	size_t cap, size_t *len);

#endif
