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
 * Returns its pid, or -1 with errno.
 */
pid_t process_start(int (*run)(void *argument), void *argument);

#endif
