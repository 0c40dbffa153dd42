/*
 * One look at a service: is what `ready` or `health` speaks of there? Nothing
 * blocks: what has no answer yet leaves a descriptor to wait for.
 */
#ifndef SUPERVISOR_LOOK_H
#define SUPERVISOR_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe;

enum look_result {
	LOOK_BAD,
	LOOK_GOOD,
	LOOK_CONNECTING, /* *fd will be writable */
	LOOK_ASKED	 /* *fd will be readable */
};

/*
 * Begins a look of the kinds tcp, unix and http. path: of unix, expanded.
 * is_second: the other address of this machine. *fd is the caller's to close
 * when the result needs it, else -1.
 */
enum look_result look_begin(
	const struct probe *probe, const char *path, bool is_second, int *fd);
/* The descriptor is writable: connected, or not. */
enum look_result look_connected(const struct probe *probe, int fd);
/* It is readable: the answer to what was asked. */
bool look_answer(int fd);
/* There may be somebody at the second address after a bad first one. */
bool look_has_second(const struct probe *probe);

/*
 * The pid file names main or a process of its session, which lives. A regular
 * file, no link at the end of path.
 */
bool look_pid_file(const char *path, pid_t main);

#endif
