/*
 * When services that run at times ran last: the modification time of empty
 * files, so that nothing has to be parsed and no write can be torn.
 */
#ifndef SUPERVISOR_STAMP_H
#define SUPERVISOR_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* CLOCK_REALTIME in milliseconds; 0: unknown. is_kept: over a boot as well. */
int64_t stamp_read(const struct supervisor *sv, uint32_t id, bool is_kept);
/* It runs now. Where nothing can be written, nothing is. */
void stamp_write(struct supervisor *sv, uint32_t id, bool is_kept);

#endif
