/*
 * The socket /dev/log that svlog reads. It is ours, so that what is sent to it
 * outlives svlog; a later supervisor takes it out of svlog again.
 */
#ifndef SUPERVISOR_DEVLOG_H
#define SUPERVISOR_DEVLOG_H

#include <stdbool.h>

#include "lib/load.h"

/* Its number in svlog, below those that services do not get (outputs.h). */
#define DEVLOG_FD     63
#define DEVLOG_NUMBER "63"

struct supervisor;

struct devlog {
	int fd;			    /* -1: none */
	char path[LOAD_SOCKET_CAP]; /* of it; "": none is wanted */
};

/* What tend.conf says now. True: svlog is to have another one, or none. */
bool devlog_configure(struct supervisor *sv);
/* One is wanted, and there is none. */
bool devlog_is_missing(const struct supervisor *sv);
/* Before svlog is started: makes the one that is missing. */
void devlog_look(struct supervisor *sv);
/* In svlog before its exec. False: there is none. */
bool devlog_give(const struct supervisor *sv);
/* At the end, after svlog. */
void devlog_remove(struct supervisor *sv);

#endif
