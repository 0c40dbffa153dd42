/*
 * Whether the supervisor that a request was sent to still lives, and whether
 * another one has taken its place since.
 */
#ifndef SVCTL_WATCH_H
#define SVCTL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct svctl;

enum watch_state {
	WATCH_SAME,
	WATCH_NEW,  /* told once for each new supervisor */
	WATCH_GONE, /* it is dead; a new one may come */
	WATCH_LOST  /* none came in time */
};

struct watch {
	int32_t pid;
	uint64_t start;
	uint32_t served;  /* an upgrade is the same process */
	uint64_t gone_ms; /* when it was found dead; 0: it was not */
};

void watch_begin(struct svctl *s, struct watch *watch);
/* looks_closer: also at the process, not at the page alone. */
enum watch_state
watch_look(struct svctl *s, struct watch *watch, bool looks_closer);
/* Sleeps on the page for bits until something may have changed, not beyond
 * the deadline and not beyond until_ms (0: none). False: nothing woke us. */
bool watch_sleep(struct svctl *s, const struct watch *watch, uint32_t turn,
	uint32_t bits, uint64_t until_ms);
bool watch_is_late(const struct svctl *s);

#endif
