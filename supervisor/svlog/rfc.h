/*
 * Lines as syslog daemons want them. In memory each is a frame as in RFC 6587,
 * its length in digits, a blank, and the message; that is what goes over TCP,
 * and datagrams get the message alone. Two forms of message:
 *
 *   <30>Nov 23 14:31:05 NAME: TEXT                  RFC 3164, as on /dev/log
 *   <30>1 2026-11-23T14:31:05.123456Z HOST NAME - - - TEXT          RFC 5424
 *
 * The facility is daemon; the severity info, of stderr err, and that of a text
 * that begins with <0> to <7>. NUL, which would end a message, becomes a blank.
 * Pure.
 */
#ifndef SUPERVISOR_SVLOG_RFC_H
#define SUPERVISOR_SVLOG_RFC_H

#include <stdbool.h>
#include <stddef.h>

#define RFC_HOST  65 /* of HOST, with its NUL */
#define RFC_LOCAL 15 /* Nov 23 14:31:05 */
#define RFC_NAME  48 /* longer names are cut */

enum rfc_form {
	RFC_3164,
	RFC_5424
};

/* What the lines of a moment have in common. */
struct rfc {
	enum rfc_form form;
	char host[RFC_HOST];   /* "": not known */
	char local[RFC_LOCAL]; /* the time here, without NUL; of RFC_3164 */
};

/* From strings that may be anything: what a host may be called. */
void rfc_set_host(struct rfc *rfc, const char *host);
/* month: from 0; the others as people write them. */
void rfc_set_local(struct rfc *rfc, unsigned month, unsigned day, unsigned hour,
	unsigned minute, unsigned second);

/* The text of a line, which lies in two places when a carry is continued. */
struct rfc_text {
	const char *first;
	size_t first_len;
	const char *second;
	size_t second_len;
};

/* The most that a frame of len bytes of text takes. */
size_t rfc_most(size_t len);
/*
 * Writes a frame, and returns where it ends. stamp: STAMP_LEN bytes; stream:
 * o, e, or - for info.
 */
char *
rfc_put(char *at, const struct rfc *rfc, const char *stamp, const char *name,
	size_t name_len, char stream, const struct rfc_text *text);

/* A frame at the begin of bytes. False: that is none, or not all of one. */
struct rfc_frame {
	size_t head; /* bytes before the message */
	size_t len;  /* of the message */
};
bool rfc_next(const char *bytes, size_t len, struct rfc_frame *frame);

#endif
