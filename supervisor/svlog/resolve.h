/*
 * Addresses of a host, asked for on a thread that lives as long as the answer
 * takes: name servers may be silent for long, and nothing is to wait for them.
 */
#ifndef SUPERVISOR_SVLOG_RESOLVE_H
#define SUPERVISOR_SVLOG_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/logaddr.h"

#define RESOLVE_MOST 4u /* addresses of a host that are tried */

struct resolve {
	struct sockaddr_storage addr[RESOLVE_MOST];
	socklen_t len[RESOLVE_MOST];
	unsigned count; /* 0: none, and error says why */
	const char *error;
	struct logaddr of; /* what was asked */
};

/* Without asking anybody; false: it is no address, but a name. */
bool resolve_number(struct resolve *answer, const struct logaddr *addr);
/*
 * Asks; one question at a time. A descriptor that can be read once there is an
 * answer, or -1 with errno.
 */
int resolve_start(const struct logaddr *addr);
/* Takes the answer; false: there is none yet. */
bool resolve_take(struct resolve *answer);

#endif
