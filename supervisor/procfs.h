/*
 * What /proc says about a process: its identity is pid and start time.
 */
#ifndef SUPERVISOR_PROCFS_H
#define SUPERVISOR_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Field 22 of /proc/PID/stat in clock ticks since boot; 0 if unknown. */
uint64_t procfs_start_ticks(pid_t pid);
/* It is a zombie, or gone. */
bool procfs_is_dead(pid_t pid);
/* Whether it still executes our own image: it has not exec'd yet. */
bool procfs_is_our_image(pid_t pid);
/* A small file into out, NUL-terminated; its length, or -1. */
ssize_t procfs_read(const char *path, char *out, size_t cap);

#endif
