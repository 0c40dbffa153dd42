/*
 * Entries of the page in words.
 */
#ifndef SVCTL_DESCRIBE_H
#define SVCTL_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/page.h"

struct fmt;
struct map;
struct svctl;

#define DESCRIBE_CAP 4096 /* enough for any sentence */

/* Why it is in its state: "exited 1; retry in 2.1 s"; nothing if it needs no
 * words. */
void describe_reason(
	struct map *map, struct fmt *out, const struct page_entry *entry);
/* The same with what a failed start was about, from the definition. */
void describe_reason_fully(
	struct svctl *s, struct fmt *out, const struct page_entry *entry);
/* What its deadline is for and how far: "retry in 2.1 s"; or nothing. */
void describe_deadline(struct fmt *out, const struct page_entry *entry);
/* "exited 1", "killed by KILL", "none". */
void describe_exit(struct fmt *out, const struct page_entry *entry);
/* Milliseconds in this state; 0 if unknown. */
uint64_t describe_age_ms(const struct page_entry *entry);
/* RFC 3339 in UTC of entering the state; false if unknown. */
bool describe_since(struct fmt *out, const struct page_entry *entry);
/* What it says about itself, "" if nothing; returns out. */
const char *describe_status(const struct map *map,
	const struct page_entry *entry, char out[PAGE_STATUS_CAP]);
/* ", reloading" and the like; nothing for most. */
void describe_moods(struct fmt *out, const struct page_entry *entry);
/* The same of the next run, and how far: "...Z (in 9 h 3 min)"; or nothing. */
void describe_next_run(struct fmt *out, const struct page_entry *entry);
/* "next run in 9 h 3 min", behind what is there; or nothing. */
void describe_until_run(struct fmt *out, const struct page_entry *entry);
/* The members since and next_run, each with a comma before it. */
void describe_moments_json(struct fmt *out, const struct page_entry *entry);
/* Counts as up: up, done, skipped. */
bool describe_is_up(unsigned state);

#endif
