/*
 * New processes, without copying init's memory and without waiting for exec:
 * one that hangs in exec (a dead file server) must not hold up PID 1.
 */
#ifndef INIT_PROCESS_H
#define INIT_PROCESS_H

#include <sys/types.h>

/*
 * Calls run(argument) in a new process with all of init's signals blocked;
 * what it returns is its exit status. It shares init's memory until it execs
 * or ends, so argument must outlive that, and errno is common to both. There
 * is one stack: the process started before must have been reaped or killed.
 * The kernel puts the pid into *pid, which is untouched on failure, before the
 * process runs: no fault of init comes between. Returns -1 with errno if there
 * is none.
 */
int process_start(int (*run)(void *argument), void *argument, pid_t *pid);

#endif
