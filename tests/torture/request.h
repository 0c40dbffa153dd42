/*
 * Requests to the supervisor, one at a time, as svctl makes them: with a token
 * and, when another supervisor serves and has no result, once more. It does
 * not wait a second for that.
 */
#ifndef TORTURE_REQUEST_H
#define TORTURE_REQUEST_H

#include <stdbool.h>

/* "restart web"; is_bare: without a token, as `echo` would. */
bool request_send(const char *line, bool is_bare);
/* Its result is there; true at once for a bare one. */
bool request_is_answered(void);
/* Waits for it. Returns its code, -1 if it does not come. */
int request_result(void);
/* After the supervisor died: again, if it was not answered. */
void request_repeat(void);
/* Sends a line that does nothing and waits for its result: what was written
 * before it has been read. */
bool request_ping(void);
/* Forgets the FIFO, which is of another arena. */
void request_close(void);

#endif
