/*
 * What is part of a service is reloaded with it. (Stops and restarts the plan
 * passes on by itself.)
 */
#ifndef SUPERVISOR_PARTS_H
#define SUPERVISOR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* Those that are up and can be reloaded, and the parts of parts. False: there
 * were none. */
bool parts_reload(struct supervisor *sv, uint32_t id);

#endif
