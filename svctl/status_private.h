/*
 * What the verbs share that only look: status.c, list.c, health.c.
 */
#ifndef SVCTL_STATUS_PRIVATE_H
#define SVCTL_STATUS_PRIVATE_H

struct svctl;

/* The named services, or all, as one JSON array. */
int status_json(struct svctl *s, int argc, char **argv);
/* CODE_NOT_UP unless all the named ones are up. */
int status_check_up(struct svctl *s, int argc, char **argv);

#endif
