/*
 * From the definitions in force to new ones: what differs, and putting it in
 * force. Nothing changes before changes_put_in_force(), and that cannot fail
 * half-way.
 */
#ifndef SUPERVISOR_CHANGES_H
#define SUPERVISOR_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

struct build;
struct supervisor;

enum change_kind {
	CHANGE_NEW,
	CHANGE_LIVE,	/* another definition; what runs may go on */
	CHANGE_RESTART, /* another definition; what runs is to be restarted */
	CHANGE_REMOVED
};

struct change {
	uint32_t id;
	enum change_kind kind;
};

struct changes {
	struct change *change;
	uint32_t count;
	uint32_t cap;
};

/* 0, or -1 with errno. */
int changes_find(
	struct changes *c, const struct supervisor *sv, const struct build *b);
/* Takes b's graphs and delays over. 0, or -1 with errno, nothing changed. */
int
changes_put_in_force(struct changes *c, struct supervisor *sv, struct build *b);
/* Starts, restarts and stops what the changes ask for. */
void changes_follow(const struct changes *c, struct supervisor *sv);
void changes_free(struct changes *c);

#endif
