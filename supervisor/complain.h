/*
 * Lines of the FIFO that nobody understands.
 */
#ifndef SUPERVISOR_COMPLAIN_H
#define SUPERVISOR_COMPLAIN_H

#include <stdbool.h>

#include "lib/control.h"

struct supervisor;

/* Whether one more line about one whose writer waits for no answer is logged.
 */
bool complain_may(const struct supervisor *sv);
/* Counts it, and answers who waits. */
void complain_bad(struct supervisor *sv, const struct control_request *request,
	enum control_error error);

#endif
