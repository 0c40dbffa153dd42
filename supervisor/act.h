/*
 * The only code that does what the plan decided.
 */
#ifndef SUPERVISOR_ACT_H
#define SUPERVISOR_ACT_H

#include <stdint.h>

struct supervisor;

/* Settles the plan and carries its actions out, until there are none left. */
void act_run(struct supervisor *sv);

/*
 * Sends a signal to the processes of a service, as kill-mode says. Only
 * un-reaped children and processes whose identity was checked are signalled.
 * 0, or -1 with errno; ESRCH: there is none.
 */
int act_signal(struct supervisor *sv, uint32_t id, int signal);
/*
 * An adopted one that was on its way down: it gets the signal that its
 * supervisor may have died before sending.
 */
void act_stop_adopted(struct supervisor *sv, uint32_t id);
/* The same as act_signal(), to the main process alone. */
int act_signal_main(struct supervisor *sv, uint32_t id, int signal);

#endif
