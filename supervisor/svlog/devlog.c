/* Datagrams to /dev/log, as lines of a log. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/mail.h"
#include "supervisor/svlog/sources.h"
#include "supervisor/svlog/syslog_parse.h"

#define NOTE_MOST  40u /* of a message that was cut */
#define ERROR_MOST 16u /* in a row, of those that pass */

/* The most that a message may become, with its newline. */
static size_t
most(const struct mail *mail)
{
	return 4 * mail->len + SYSLOG_HEAD_MOST + NOTE_MOST;
}

_Static_assert(4 * MAIL_BYTES + SYSLOG_HEAD_MOST + NOTE_MOST < SPOOL_PUT,
	"one message fits always");

static void
put(struct fmt *f, const struct mail *mail, const char *own)
{
	struct syslog_message message;

	syslog_parse(mail->bytes, mail->len, &message);
	syslog_put(f, &message, own, mail->pid);
	if (mail->whole > mail->len)
		fmt_printf(f, " [cut, of %zu bytes]", mail->whole);
	fmt_char(f, '\n');
}

static const char *
own_host(void)
{
	static char host[256];

	/* It changes while a machine boots. */
	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	return host;
}

/* All that were received and are in no line yet. */
static void
take(struct svlog *s, uint32_t n)
{
	struct spool *spool = &s->spool;
	const char *own = own_host();

	while (mail_has(spool, spool_step(spool)->mail_at)) {
		struct spool_step mark = *spool_step(spool);
		struct mail mail;
		struct fmt f;

		fmt_init(&f, spool->in, SPOOL_PUT);
		for (; mail_has(spool, mark.mail_at); mark.mail_at++) {
			mail_get(spool, mark.mail_at, &mail);
			if (most(&mail) > SPOOL_PUT - f.len)
				break;
			put(&f, &mail, own);
		}
		pump_put(s, &mark, n, f.len);
	}
}

/*
 * What the kernel could not store is gone, and so says the next call: that may
 * be one of the process that follows one that was killed. It reads on.
 */
static bool
has_passed(struct source *source, int error)
{
	if (error != EFAULT && error != ENOMEM && error != ENOBUFS)
		return false;
	if (++source->errors > ERROR_MOST)
		return false;
	errno = error;
	log_error("syslog: its socket: %m; a message may be lost");
	return true;
}

enum pump
devlog_read(struct svlog *s, struct source *source)
{
	int error = 0;

	if (pump_is_blocked(s, source->log))
		return PUMP_BLOCKED;
	if (!mail_has(&s->spool, spool_step(&s->spool)->mail_at) &&
		mail_receive(&s->spool, source->fd) != 0)
		error = errno;
	if (error == 0 || error == EAGAIN)
		source->errors = 0;
	if (error != 0 && error != EAGAIN && error != EINTR) {
		if (has_passed(source, error))
			return PUMP_MORE;
		errno = error;
		log_error("syslog: its socket: %m; it is read no more");
		source->fd = -1;
	}
	if (error != 0)
		return error == EINTR ? PUMP_MORE : PUMP_EMPTY;
	svlog_clock(s);
	take(s, source->log);
	return PUMP_MORE;
}
