/*
 * What /proc says about a process: its identity is pid and start time.
 */
#ifndef SUPERVISOR_PROCFS_H
#define SUPERVISOR_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of /proc/PID/stat. */
struct procfs_stat {
	char state; /* 'Z': a zombie, of which no thread lives */
	pid_t parent;
	pid_t group;
	pid_t session;
	uint64_t start_ticks; /* since boot */
};

/* False: nothing is mounted on /proc, or not the one of our namespace. */
bool procfs_is_there(void);
/* False: there is no such process, or no /proc. */
bool procfs_stat(pid_t pid, struct procfs_stat *out);
/* Its start in clock ticks since boot; 0 if unknown. */
uint64_t procfs_start_ticks(pid_t pid);
/* It is a zombie, or gone. Without /proc a zombie passes for alive. */
bool procfs_is_dead(pid_t pid);
/* Whether it still executes our own image: it has not exec'd yet. */
bool procfs_is_our_image(pid_t pid);
/*
 * Calls each(pid, context) for every process there is; false from it ends the
 * walk. 0, or -1 with errno: no /proc.
 */
int procfs_each(bool (*each)(pid_t pid, void *context), void *context);
/* A small file into out, NUL-terminated; its length, or -1. */
ssize_t procfs_read(const char *path, char *out, size_t cap);

#endif
