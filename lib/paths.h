/*
 * Where things are: the run-time root, the config roots, the log directory.
 * DESIGN: the first usable of TEND_RUNTIME or -r, /run/tend, /dev/shm/tend-UID,
 * /tmp/tend-UID; in user mode $XDG_RUNTIME_DIR/tend stands for /run/tend. What
 * -r or TEND_RUNTIME names is the only candidate: nobody who names a directory
 * wants to command another supervisor.
 */
#ifndef LIB_PATHS_H
#define LIB_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#define PATHS_CAP   512
#define PATHS_ROOTS 3

/* What the command line said; NULL and false where it said nothing. */
struct paths_options {
	const char *runtime; /* -r */
	const char *config;  /* -c */
	const char *root;    /* --root: an image, offline */
	bool is_user;	     /* --user */
};

/*
 * The n-th candidate (from 0) for the run-time root into out; false past the
 * last. Environment: TEND_RUNTIME, XDG_RUNTIME_DIR.
 */
bool paths_runtime_candidate(
	const struct paths_options *options, unsigned n, char out[PATHS_CAP]);

/*
 * For clients: the first candidate that holds a `status` or `control` file,
 * else the first candidate. Always fills out.
 */
void
paths_runtime_find(const struct paths_options *options, char out[PATHS_CAP]);

/*
 * For the supervisor: makes and opens the first usable candidate (a directory
 * of ours that others cannot write, no symlink; /tmp and /dev/shm ones 0700).
 * Returns a descriptor with CLOEXEC and its path in out, or -1 with errno. If
 * it is not the first one, errno says why that could not be had, else it is 0.
 */
int
paths_runtime_open(const struct paths_options *options, char out[PATHS_CAP]);

/*
 * Would it be good for the supervisor as it is, or could it be made? 0, or the
 * errno for which it is passed over. Changes nothing. is_new: it is not there.
 */
int paths_runtime_try(const char *path, bool *is_new);

/* Whether a directory, or what is missing of it, can be written: 0 or errno. */
int paths_can_write(const char *path);

/*
 * The config roots in the order of precedence: /etc/tend /run/tend
 * /usr/lib/tend, or the one of -c or TEND_CONFIG, or $XDG_CONFIG_HOME/tend in
 * user mode. Returns how many (1 to PATHS_ROOTS). root is put in front.
 */
unsigned paths_config(
	const struct paths_options *options, char out[PATHS_ROOTS][PATHS_CAP]);

/* Whether it is there, not empty, and does not begin with a slash. */
bool paths_is_relative(const char *path);
/*
 * Whether anything of options or environment is to be found from the current
 * directory; if not, it can be left, so that nothing keeps its mount busy.
 */
bool paths_are_relative(const struct paths_options *options);

/* /var/log/tend, or $XDG_STATE_HOME/tend in user mode. TEND_LOG overrides. */
void paths_log(const struct paths_options *options, char out[PATHS_CAP]);

/*
 * What is to be kept over a boot: /var/lib/tend, or $XDG_DATA_HOME/tend in
 * user mode. TEND_STATE overrides.
 */
void paths_state(const struct paths_options *options, char out[PATHS_CAP]);

#endif
