/*
 * Waiting until services are where a request wants them.
 */
#ifndef SVCTL_FOLLOW_H
#define SVCTL_FOLLOW_H

#include "lib/control.h"

struct request;
struct svctl;

/*
 * Waits until every request with code 0 is settled, sets its code and says
 * what went wrong. Returns the first code that is not CODE_OK.
 */
int follow_all(struct svctl *s, enum control_verb verb,
	struct request *requests, unsigned count);

#endif
