/*
 * The files of users and groups, read by us: a C library's getpwnam() and
 * getgrouplist() may ask a daemon through a socket, and wait for its answer.
 */
#ifndef LIB_USERDB_H
#define LIB_USERDB_H

#include "lib/users.h"

#define USERDB_PASSWD "/etc/passwd"
#define USERDB_GROUP  "/etc/group"

struct userdb {
	struct users_text text;
	void *base; /* a mapping; NULL: there is none */
	size_t size;
};

/*
 * Reads a file; one that is not there is empty. 0, or an errno, and then it is
 * empty, too. Never waits at a FIFO or a device: EINVAL. EFBIG for more than
 * 16 MiB. To be closed either way.
 */
int userdb_open(struct userdb *db, const char *path);
void userdb_close(struct userdb *db);

#endif
