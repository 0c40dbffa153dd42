/*
 * Where the logs of services are: the log directory, and RUNTIME/log, where
 * they go while that cannot be written. A service may have something in both.
 */
#ifndef SVCTL_LOGDIR_H
#define SVCTL_LOGDIR_H

#include <stdbool.h>

#include "lib/name.h"
#include "lib/paths.h"

#define LOGDIR_BASES 2

struct svctl;

struct logdir {
	char path[LOGDIR_BASES][PATHS_CAP]; /* "": there is none */
	int fd[LOGDIR_BASES];		    /* -1: not open */
	int error[LOGDIR_BASES];	    /* errno of why not */
};

/* What is not there stays closed. */
void logdir_open(struct logdir *dir, struct svctl *s);
/* Opens what has come into being since. */
void logdir_open_again(struct logdir *dir);
void logdir_close(struct logdir *dir);

/* A descriptor of NAME below a base, no symlink followed; -1 with errno. */
int logdir_service(const struct logdir *dir, unsigned base, const char *name);

/*
 * Calls take for each service with a directory there, in no order, until it
 * returns false. False: the base cannot be read (errno), or take said so.
 */
bool logdir_each(const struct logdir *dir, unsigned base,
	bool (*take)(void *context, const char *name), void *context);

/* The name there that is nearest to a mistyped one; false: none is near. */
bool
logdir_nearest(const struct logdir *dir, const char *name, char out[NAME_CAP]);

/* "PATH: not permitted ..." or what else is wrong; an exit status. */
int logdir_say_error(
	const struct logdir *dir, unsigned base, const char *name, int error);

/* The status page has a service of that name. Says nothing if there is no
 * page: logs are read without a supervisor, too. */
bool logdir_is_known(struct svctl *s, const char *name);
/* Why there is nothing of that name to be read; an exit status. */
int
logdir_say_none(const struct logdir *dir, struct svctl *s, const char *name);

#endif
