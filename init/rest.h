/*
 * What the command has left behind when it ended: it gets TERM and its time,
 * then KILL.
 */
#ifndef INIT_REST_H
#define INIT_REST_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Returns when nothing is left of the process group, or of everything that is
 * below init, or when the time is over.
 */
void rest_end(pid_t group, bool is_all);

#endif
