/*
 * Messages as syslog(3) and logger(1) send them to /dev/log, in the form of
 * RFC 3164 or of RFC 5424, and what a log shows of them:
 *
 *   FACILITY.SEVERITY [HOST ]TAG[[PID]][ (pid TRUE)]: [ID ][DATA ]TEXT
 *
 * Times of senders are dropped: the line has its own. Whatever is of neither
 * form is text as a whole. Pure.
 */
#ifndef SUPERVISOR_SVLOG_SYSLOG_PARSE_H
#define SUPERVISOR_SVLOG_SYSLOG_PARSE_H

#include <stddef.h>

/* Of a message without one: user.notice, as RFC 3164 has it. */
#define SYSLOG_PRIORITY 13u
/* Beside the text, of which each byte may become four. */
#define SYSLOG_HEAD_MOST 160u

struct fmt;

/* Borrowed bytes. */
struct syslog_text {
	const char *at;
	size_t len; /* 0: none */
};

struct syslog_message {
	unsigned priority; /* 8 * facility + severity, below 192 */
	struct syslog_text host;
	struct syslog_text tag;
	struct syslog_text pid; /* as the sender says */
	struct syslog_text id;	/* MSGID */
	struct syslog_text data;
	struct syslog_text text;
};

void syslog_parse(const char *bytes, size_t len, struct syslog_message *m);

/*
 * One line without its newline. own: the host that goes without saying; pid:
 * who the kernel says has sent it, 0: it does not say.
 */
void syslog_put(struct fmt *f, const struct syslog_message *m, const char *own,
	unsigned pid);

/* FACILITY.SEVERITY, numbers for what has no name. */
void syslog_put_priority(struct fmt *f, unsigned priority);
/* Control bytes but for tabs as \xHH. */
void syslog_put_escaped(struct fmt *f, const char *bytes, size_t len);

#endif
