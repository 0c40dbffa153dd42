/*
 * Requests over the FIFO and their results on the page.
 */
#ifndef SVCTL_REQUEST_H
#define SVCTL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/control.h"
#include "lib/page.h"

struct svctl;

struct request {
	const char *name; /* of a service, or NULL */
	uint64_t token;
	bool has_result;
	bool is_settled; /* nothing is left to wait for */
	int code;	 /* what it came to */
	struct page_result result;
};

/*
 * Sends them all, then waits until the supervisor has answered all. CODE_OK,
 * or the code of what kept it from answering, said on stderr.
 */
int request_all(struct svctl *s, enum control_verb verb, int signal,
	struct request *requests, unsigned count);

/* Says why a request was refused; returns its code. */
int request_complain(
	struct svctl *s, enum control_verb verb, const struct request *request);

/* Why nothing answers. CODE_NO_SUPERVISOR. */
int request_say_dead(const struct svctl *s);

#endif
