/*
 * The supervisor's end of the pair to init (lib/handoff.h).
 */
#ifndef SUPERVISOR_LINK_H
#define SUPERVISOR_LINK_H

#include <stdint.h>

struct supervisor;

/*
 * Looks at the first message: FRESH, or that we are to recover (an unread
 * message of another kind says so too). Without init nothing is fresh: a
 * journal that fits is recovered from.
 */
void link_open(struct supervisor *sv);
/* Puts it into the loop. 0, or -1 with errno. */
int link_listen(struct supervisor *sv);
void link_read(struct supervisor *sv);
void link_send_serving(struct supervisor *sv);
/* Another program is about to be executed; it will say SERVING in time. */
void link_send_upgrade(struct supervisor *sv, int time_ms);
void link_send_upgrade_init(struct supervisor *sv);
void link_send_finish(struct supervisor *sv);

#endif
