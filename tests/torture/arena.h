/*
 * Where the supervisor is tortured: a directory of its own, a PID and mount
 * namespace, and in it init (or a PID 1 that only reaps) beside the driver,
 * who sees the same pids as they do and is no child of theirs.
 */
#ifndef TORTURE_ARENA_H
#define TORTURE_ARENA_H

#include <stdbool.h>
#include <sys/types.h>

#define ARENA_PATH_CAP 512

struct arena {
	const char *build; /* absolute */
	const char *dir;   /* absolute, empty at first */
	bool is_alone;	   /* without our init */
	bool is_to_end;	   /* by itself: PID 1, and the driver with it */
};

extern struct arena arena;

/* DIR/what, in a static buffer that the fourth next call uses again. */
const char *arena_path(const char *what);
/* Empties DIR and makes what is in it. False, having said why. */
bool arena_clear(void);
/* services/NAME: the ward NAME with this mode, and further lines. */
void arena_define(const char *name, const char *mode, const char *lines);
void arena_remove(const char *name);

/*
 * Runs drive() beside a PID 1 in a namespace that ends with it. Returns what
 * drive returned, -1 if it did not. If the arena is to end, what PID 1 did.
 */
int arena_run(int (*drive)(void));

/* Without init nobody else starts a supervisor: a child of the driver. */
void arena_start_supervisor(void);
/* Kills it; without init, starts the next one. */
void arena_kill_supervisor(pid_t pid);

/* While it is held, a supervisor that init starts stops before it begins. */
void arena_hold(bool is_held);
/* The supervisor that waits there, or 0 if it did not come in time. */
pid_t arena_wait_held(void);

/* The end of what init and the supervisor said, as TAP comments. */
void arena_show_console(void);

#endif
