/*
 * The two halves of relay: relay.c has what is sent, relay_link.c what it is
 * sent over. Offsets are those of bytes of the sink.
 */
#ifndef SUPERVISOR_SVLOG_RELAY_PRIVATE_H
#define SUPERVISOR_SVLOG_RELAY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

struct svlog;

/*
 * Where the frame begins that the byte `to` is of; `to` if it begins there. at:
 * the begin of a frame before it.
 */
size_t relay_boundary(const struct svlog *s, size_t at, size_t to);
/* Bytes at the end of what was sent that may not have arrived. */
size_t relay_unsure(const struct svlog *s);
void relay_set_sent(struct svlog *s, size_t sent, size_t last);
/* From there on the next svlog sends. */
void relay_note(struct svlog *s, size_t at);

/* Begins to connect, or asks for the host's address; or fails. */
void relay_open(struct svlog *s);
void relay_connected(struct svlog *s);
/* It is of no use any more: what is not sure is sent again, later. */
void relay_fail(struct svlog *s, const char *why);
/* Whether the other side has ended it; *error: why, 0 for no reason. */
bool relay_is_at_end(struct svlog *s, int *error);

#endif
