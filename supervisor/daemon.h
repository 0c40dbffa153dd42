/*
 * Becoming a daemon: the parent leaves with 0 only once the daemon serves.
 */
#ifndef SUPERVISOR_DAEMON_H
#define SUPERVISOR_DAEMON_H

/*
 * Forks; returns in the child, in a session of its own, with a descriptor for
 * daemon_ready(). The parent waits and leaves: with 0, or with the child's
 * status if that ends first (its message is on our stderr by then). -1: errno.
 */
int daemon_start(void);
/* Lets the parent leave, and standard descriptors go to null_fd and log_fd. */
void daemon_ready(int ready_fd, int null_fd, int log_fd);

/*
 * Descriptors that we were started with and are not for us: 0 to 2 are there
 * afterwards, others but keep_fd (-1: none) are closed.
 */
void daemon_clean_fds(int keep_fd);

#endif
