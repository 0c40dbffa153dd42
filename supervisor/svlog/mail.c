#include "supervisor/svlog/mail.h"

#include <stdatomic.h>
#include <string.h>

#include "supervisor/svlog/spool.h"

#define MAIL_PAGE 4096u /* none is smaller */

static void
point(struct spool_mail *mail)
{
	for (unsigned i = 0; i < MAIL_MOST; i++) {
		mail->part[i].iov_base = mail->bytes[i];
		mail->part[i].iov_len = MAIL_BYTES;
		mail->header[i].msg_hdr = (struct msghdr){
			.msg_iov = &mail->part[i],
			.msg_iovlen = 1,
			.msg_control = mail->control[i],
			/* Descriptors that somebody sends find no room. */
			.msg_controllen = CMSG_SPACE(sizeof(struct ucred)),
		};
		/* The old ones have all been taken: none is there. */
		*(volatile unsigned *)&mail->header[i].msg_len = MAIL_NONE;
	}
}

/*
 * A process that is killed while the kernel waits for one of these pages takes
 * the datagram with it that was to be stored there. So they are all there, and
 * may be written to, before the kernel is asked.
 */
static void
touch(struct spool_mail *mail)
{
	volatile char *at = (volatile char *)mail;

	for (size_t i = 0; i < sizeof(*mail); i += MAIL_PAGE) {
		char byte = at[i];

		at[i] = byte;
	}
}

int
mail_receive(struct spool *spool, int fd)
{
	struct spool_mail *mail = spool->mail;
	struct spool_step step = *spool_step(spool);
	int n;

	touch(mail);
	point(mail);
	atomic_signal_fence(memory_order_seq_cst);
	step.mail_at = 0;
	spool_commit(spool, &step);
	n = recvmmsg(
		fd, mail->header, MAIL_MOST, MSG_DONTWAIT | MSG_TRUNC, NULL);
	return n < 0 ? -1 : 0;
}

int
mail_has(const struct spool *spool, uint32_t at)
{
	return at < MAIL_MOST && spool->mail->header[at].msg_len != MAIL_NONE;
}

/* The kernel put it there; where the header was, for the process before us. */
static unsigned
sender(const struct spool_mail *mail, uint32_t at)
{
	const struct cmsghdr *c = (const void *)mail->control[at];
	struct ucred who;

	if (mail->header[at].msg_hdr.msg_controllen < CMSG_LEN(sizeof(who)) ||
		c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who.pid > 0 ? (unsigned)who.pid : 0;
}

void
mail_get(const struct spool *spool, uint32_t at, struct mail *mail)
{
	mail->whole = spool->mail->header[at].msg_len;
	mail->len = mail->whole < MAIL_BYTES ? mail->whole : MAIL_BYTES;
	mail->bytes = spool->mail->bytes[at];
	mail->pid = sender(spool->mail, at);
}
