/*
 * Who is to be stopped, in which order, and for whom the end waits: lines of
 * the log for people who wait at a console or read what a container said.
 */
#ifndef SUPERVISOR_BLOCKERS_H
#define SUPERVISOR_BLOCKERS_H

struct supervisor;
struct budget_node;

/* The order and the times; node: an entry a service. */
void
blockers_say_plan(const struct supervisor *sv, const struct budget_node *node);
/* Those that are being stopped now, for how long, and until when. */
void blockers_say(const struct supervisor *sv);

#endif
