/*
 * The names of what is written, in a log directory: `current`, and `.next`,
 * which follows it. Both are renamed where nobody waits for it: turn.h.
 */
#ifndef SUPERVISOR_SVLOG_SETTLE_H
#define SUPERVISOR_SVLOG_SETTLE_H

#include <stdbool.h>

#include "supervisor/svlog/rotate.h"
#include "supervisor/svlog/stamp.h"

#define SETTLE_CURRENT "current"
#define SETTLE_NEXT    ".next"

/* Of the file before, the time and the name that it got: names of files that
 * are removed are not given again. */
struct settle_names {
	char before[STAMP_NAME_LEN];
	char given[STAMP_NAME_LEN];
};

/*
 * If lines are in .next: current gets the name of its first line's time, and
 * .next is called current. is_turned: lines are to come there, though none may
 * be yet. What was finished is in name, "": nothing was. 0, or -1 with errno.
 */
int settle(int dir_fd, struct settle_names *names, bool is_turned,
	char name[ROTATE_NAME_LEN + 1]);

#endif
