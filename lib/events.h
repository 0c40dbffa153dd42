/*
 * Descriptors that events are read from. Where a filter or an old kernel
 * refuses the call that we prefer (EPERM, ENOSYS), the older one of the same
 * meaning does, if the architecture has it.
 */
#ifndef LIB_EVENTS_H
#define LIB_EVENTS_H

#include <signal.h>

/*
 * A new descriptor that does not block and is closed by exec: signals of set,
 * which has to be blocked, are read from it. -1 with errno as signalfd(2).
 */
int events_signals(const sigset_t *set);
/* A new epoll descriptor, closed by exec. -1 with errno as epoll_create(2). */
int events_epoll(void);

#endif
