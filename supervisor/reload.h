/*
 * Who waits for the end of a reload, and is answered then.
 */
#ifndef SUPERVISOR_RELOAD_H
#define SUPERVISOR_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/*
 * The request of this token is answered when the reload of id, which was just
 * begun or goes on, has ended. False: too many wait, so it is not.
 */
bool reload_await(struct supervisor *sv, uint32_t id, uint64_t token);
/* What reload-command ran has ended: then the signal, and the answers. */
void reload_ended(struct supervisor *sv, uint32_t id, bool is_well);

#endif
