/*
 * What an adopted service left behind: it is no child of ours, so it is found
 * in /proc, by session and process group, whose number nobody else gets while
 * one of them lives.
 */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * How many processes live in the group of leader, a session's leader that has
 * ended itself.
 * With a signal other than 0 each of them gets it.
 */
unsigned session_signal(pid_t leader, int signal);

#endif
