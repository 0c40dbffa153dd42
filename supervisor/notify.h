/*
 * The socket that NOTIFY_SOCKET names: one for all services, a path that every
 * user may send to. Who sent is told by the kernel; messages of those who are
 * not a service's main process (with notify-access = all: of its session) are
 * dropped. It is open while a definition needs it.
 */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include <sys/types.h>

struct supervisor;

/* A definition needs it: it is opened. */
void notify_need(struct supervisor *sv);
/* Its path, NULL: there is none. */
const char *notify_path(const struct supervisor *sv);
/* Takes some of what came. */
void notify_read(struct supervisor *sv);
/* The same before the process is reaped, whose last words may be there. */
void notify_before_death(struct supervisor *sv, pid_t pid);

/* Listens again after too many strangers have sent. */
void notify_run(struct supervisor *sv);
/* Milliseconds until then, -1: never. */
int notify_wait_ms(const struct supervisor *sv);

#endif
