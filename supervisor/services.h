/*
 * Definitions in force: from the config roots, or from what an earlier
 * supervisor had loaded, into plan, page and journal.
 */
#ifndef SUPERVISOR_SERVICES_H
#define SUPERVISOR_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct arena;
struct def;

/* Address space for the tables. 0, or -1 with errno. */
int services_init(struct supervisor *sv);

/*
 * At start-up. is_recovering: the file `loaded` as it is, if it can be
 * trusted; then there are at least old_ids ids, so that one is free for each
 * service that was removed and had yet to end. Bad definitions are logged and
 * become invalid. 0, or -1: logged.
 */
int services_load(struct supervisor *sv, bool is_recovering, uint32_t old_ids);

/* The plan is told to start what is to run. */
void services_start(struct supervisor *sv);

enum services_result {
	SERVICES_SAME,	  /* nothing changed */
	SERVICES_CHANGED, /* new definitions are in force */
	SERVICES_INVALID, /* refused: an error was logged; nothing changed */
	SERVICES_UNKNOWN, /* no such service */
	SERVICES_ERROR	  /* no memory or space: logged; nothing changed */
};

/* All definitions again: new ones start, removed ones stop, changed ones
 * restart where that is needed. All or nothing. */
enum services_result services_apply(struct supervisor *sv);
/* What a supervisor died over; after adoption. */
void services_apply_again(struct supervisor *sv);
/* The definition of one, as its files are now; nothing is restarted. */
enum services_result services_refresh(struct supervisor *sv, const char *name);

/* Entries of services that are gone and have ended are given back. */
void services_forget(struct supervisor *sv, uint32_t id);

#endif
