/*
 * Lines for a syslog daemon, from the spool's sink: a socket in the file
 * system, UDP or TCP. Nobody waits for it: what does not fit into the sink is
 * dropped and counted, and a line says how many once it is there again. With
 * nothing to send nothing is tried.
 *
 * What the kernel has taken stays in the sink until it was sent for good, as
 * far as the kernel can tell (TCP: acknowledged; UDP: the last one, which may
 * be refused), and goes again over the next connection.
 */
#ifndef SUPERVISOR_SVLOG_RELAY_H
#define SUPERVISOR_SVLOG_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/logaddr.h"
#include "supervisor/svlog/rfc.h"

struct svlog;

struct relay {
	struct logaddr addr;
	struct rfc rfc;
	int fd; /* -1: no connection */
	bool is_stream;
	bool is_connecting;
	bool is_resolving;
	bool is_blocked; /* until it is writable */
	bool is_said;	 /* that it is not there */
	size_t sent;	 /* bytes of the sink that the kernel has */
	/* UDP: where the last frame sent begins; TCP: the begin of a frame,
	 * the last of those that are sent at least in part */
	size_t last;
	unsigned tries;	  /* in a row: the place in the list of delays */
	uint64_t next_ms; /* not tried again before */
	uint64_t from_ms; /* when the connection was made */
	uint64_t dropped; /* lines, since that was last said */
	int64_t local_s;  /* the second that rfc.local shows */
};

/* The spool is there, and recovered. */
void relay_init(struct svlog *s);
/* Another address, or the same one; text: as logaddr.h has it. */
void relay_configure(struct svlog *s, const char *text, size_t len);
/* How lines of this moment are to look. */
const struct rfc *relay_form(struct svlog *s);
/* Sends what can be sent now, and connects if there is anything to send. */
void relay_run(struct svlog *s);
/* Something has happened on its descriptor; there is an answer. */
void relay_event(struct svlog *s, uint32_t events);
void relay_resolved(struct svlog *s);
/* What is left, for at most so long. */
void relay_finish(struct svlog *s, uint32_t ms);

#endif
