/*
 * The lines of several services as one stream in the order of time: which of
 * them, from where on, and how they are shown.
 */
#ifndef SVCTL_LOGS_H
#define SVCTL_LOGS_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "svctl/logdir.h"
#include "svctl/logline.h"
#include "svctl/logread.h"
#include "svctl/merge.h"

struct svctl;

/* One directory of one service. */
struct logs_stream {
	struct logread read;
	struct logline line;	    /* what it waits with, if is_waiting */
	struct logread_place place; /* before that line, going backwards */
	unsigned base;
	int watch; /* of inotify; -1: none */
	bool is_waiting;
	bool is_done; /* it is past the last moment that is wanted */
};

struct logs {
	struct svctl *s;
	struct logdir dir;
	struct logs_stream *stream; /* owned */
	unsigned count, cap;
	struct merge merge;
	struct merge_item *item;  /* owned; cap of them */
	const char *const *names; /* what was asked for; NULL: all */
	unsigned names_len;
	int64_t since_us, until_us;
	regex_t grep;
	char *text; /* owned; what grep looks at, with a NUL */
	size_t text_cap;
	bool has_grep;
	bool has_names;	   /* lines say whose they are */
	bool is_following; /* what begins later is read, too */
	bool is_ended;	   /* nobody reads what we print */
};

void logs_init(struct logs *l, struct svctl *s);
void logs_close(struct logs *l);

/*
 * Opens each directory of a service that is not open yet. How many, or -1 with
 * errno if there was one that could not be.
 */
int logs_add(struct logs *l, const char *name);
/* A directory of it is open. */
bool logs_has(const struct logs *l, const char *name);
/* The same as logs_add for all services that have one. */
int logs_add_all(struct logs *l);

/* All streams to the last lines that are shown, before until. Returns how many
 * of the wanted number there were not. */
uint32_t logs_go_to_last(struct logs *l, uint32_t lines);
/* All streams to the first line at or after since. */
void logs_go_to_since(struct logs *l);
/* Shows everything that there is by now. */
void logs_drain(struct logs *l);

/* Shows what comes until something ends it. An exit status. */
int logs_follow(struct logs *l);

/* For status NAME: its last lines, as many as -n says or a few; none if there
 * are none or they may not be read. */
void logs_show_status(struct svctl *s, const char *name);

#endif
