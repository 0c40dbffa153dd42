/*
 * Everything is being stopped: the moments that it has to keep to, and what is
 * said about it. The services' own deadlines are the plan's; see budget.h for
 * how a budget is shared out.
 *
 *	began       kill                  end    began + budget
 *	| drain, stop |  KILL, svlog's rest | init |
 */
#ifndef SUPERVISOR_STOP_H
#define SUPERVISOR_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct journal_old;

/* As options, environment and tend.conf say it. */
struct stop_options {
	const char *budget; /* the word "--stop-budget=T", NULL: none */
	const char *drain;
};

struct stop {
	uint32_t budget_ms;  /* 0: none */
	uint32_t drain_ms;   /* 0: none */
	uint64_t began_ms;   /* when the end was first asked for, 0: not yet */
	uint64_t end_ms;     /* from then on nothing is waited for, 0: never */
	uint64_t say_ms;     /* when it is next said what is waited for */
	uint64_t next_ms;    /* when stop_turn has something to do, 0: not */
	uint64_t drained_ms; /* when the drain is over, 0: there is none */
	int signal;	     /* one more that stops everything, 0: none */
	bool is_killed;	     /* the last KILL was sent */
};

/* Takes a word of the command line: 1 it was one of them, 0 none, -1 an error
 * that was said. */
int stop_take_option(struct stop_options *options, const char *word);
/* Once tend.conf was read. */
void stop_settle(struct supervisor *sv);
/* From the journal of one that died over it; before ours is put in place. */
void stop_recover(struct supervisor *sv, const struct journal_old *old);

/* The time begins to run, if it does not yet. */
void stop_begin(struct supervisor *sv);
/* The plan has taken it in: shares the time out, and says so. */
void stop_share(struct supervisor *sv);
/* What is due; to be called when stop.next_ms has come. */
void stop_turn(struct supervisor *sv);
int stop_wait_ms(const struct supervisor *sv);
/* The time is up: nothing is waited for any more. */
bool stop_is_over(const struct supervisor *sv);
/* ms, or the moment at which nothing is waited for any more. */
uint64_t stop_cap_ms(const struct supervisor *sv, uint64_t ms);
/* init has to end what is left without giving it time. */
bool stop_is_urgent(const struct supervisor *sv);

#endif
