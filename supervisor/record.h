/*
 * What the plan changed goes to the journal before anything is done about it,
 * so that a supervisor that dies in between is followed by one that does it;
 * and to the page, the timers and the log once a turn.
 */
#ifndef SUPERVISOR_RECORD_H
#define SUPERVISOR_RECORD_H

#include <stdint.h>

struct supervisor;

/* To the journal: all that was decided since the last call. */
void record_decisions(struct supervisor *sv);
/* That, and to page, timers and log. Nobody is woken yet. */
void record_changes(struct supervisor *sv);
/* Its process is another one: the page shows it at the end of the turn. */
void record_show_later(struct supervisor *sv, uint32_t id);
/* The journal: the plan knows of the process. */
void record_process(struct supervisor *sv, uint32_t id);
/* The journal: the plan knows that the process is gone. Then the pid goes. */
void record_forget_process(struct supervisor *sv, uint32_t id);
/* The same of the command around it. */
void record_forget_hook(struct supervisor *sv, uint32_t id);

/*
 * While a request is carried out its token goes along with what the plan
 * decides for the service that it names: an answer that a crash prevents is
 * given by the next supervisor, which finds the token. 0: none.
 */
void record_request(struct supervisor *sv, uint64_t token);
/* It names this service; the token is saved with the next decision. */
void record_asked(struct supervisor *sv, uint32_t id);
/* The same, saved at once: what follows is no decision of the plan. */
void record_asked_now(struct supervisor *sv, uint32_t id);

#endif
