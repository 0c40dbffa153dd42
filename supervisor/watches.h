/*
 * What a definition asks the supervisor to watch, as bits. Pure.
 */
#ifndef SUPERVISOR_WATCHES_H
#define SUPERVISOR_WATCHES_H

#include <stdint.h>

struct def;

#define WATCH_READY    1u  /* ready is not exec */
#define WATCH_HEALTH   2u  /* it is looked at while it is up */
#define WATCH_WATCHDOG 4u  /* it has to say that it lives */
#define WATCH_NOTIFY   8u  /* it gets NOTIFY_SOCKET */
#define WATCH_ALL      16u /* all of its processes may use that */

/* 0 for a target; a oneshot is ready when it has ended. */
uint8_t watches_of(const struct def *def);

#endif
