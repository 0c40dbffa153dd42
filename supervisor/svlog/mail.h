/*
 * Datagrams from /dev/log, in the file that outlives svlog. recvmmsg(2) stores
 * the length of each behind it, into the same mapping: a svlog that is killed
 * in between leaves both, and who comes next finds the datagrams that the
 * kernel has given away, however far their reader had come.
 */
#ifndef SUPERVISOR_SVLOG_MAIL_H
#define SUPERVISOR_SVLOG_MAIL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MAIL_MOST  16u	      /* datagrams at once */
#define MAIL_BYTES 8192u      /* of one; longer ones are cut */
#define MAIL_ROOM  64u	      /* for who has sent it, and nothing else */
#define MAIL_NONE  UINT32_MAX /* in place of a length: none has come */

struct spool;

struct spool_mail {
	struct mmsghdr header[MAIL_MOST];
	struct iovec part[MAIL_MOST];
	_Alignas(struct cmsghdr) char control[MAIL_MOST][MAIL_ROOM];
	char bytes[MAIL_MOST][MAIL_BYTES];
};

struct mail {
	const char *bytes;
	size_t len;
	size_t whole; /* bytes that it had */
	unsigned pid; /* of who sent it, 0: not known */
};

/* As many as there are; there must be none left over. 0, or -1 with errno. */
int mail_receive(struct spool *spool, int fd);
/* The one at that place; its length is looked at first. */
void mail_get(const struct spool *spool, uint32_t at, struct mail *mail);
/* Whether there is one. */
int mail_has(const struct spool *spool, uint32_t at);

#endif
