/*
 * Where a syslog daemon listens: `unix:/PATH`, `udp:HOST:PORT`,
 * `tcp:HOST:PORT`; an IPv6 address stands in brackets. Pure.
 */
#ifndef LIB_LOGADDR_H
#define LIB_LOGADDR_H

#include <stddef.h>
#include <stdint.h>

#define LOGADDR_HOST 254 /* of a host, with its NUL; a path is shorter */
#define LOGADDR_CAP  272 /* of an address as a whole */

enum logaddr_kind {
	LOGADDR_UNIX,
	LOGADDR_UDP,
	LOGADDR_TCP
};

struct logaddr {
	enum logaddr_kind kind;
	char host[LOGADDR_HOST]; /* without brackets; or the path */
	uint16_t port;		 /* of LOGADDR_UNIX: 0 */
};

/* NULL, or what is wrong with it. */
const char *logaddr_parse(struct logaddr *addr, const char *text, size_t len);

#endif
