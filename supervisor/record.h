/*
 * What the plan changed goes to the journal, the page, the timers and the log,
 * once a turn.
 */
#ifndef SUPERVISOR_RECORD_H
#define SUPERVISOR_RECORD_H

#include <stdint.h>

struct supervisor;

/* All changes since the last call. Nobody is woken yet. */
void record_changes(struct supervisor *sv);
/* The journal: the plan knows of the process. */
void record_process(struct supervisor *sv, uint32_t id);
/* The journal: the plan knows that the process is gone. Then the pid goes. */
void record_forget_process(struct supervisor *sv, uint32_t id);

#endif
