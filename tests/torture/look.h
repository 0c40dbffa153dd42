/*
 * What can be seen: processes by /proc, services by the status page, starts by
 * what the wards have written down.
 */
#ifndef TORTURE_LOOK_H
#define TORTURE_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/page.h"

/* Nothing that is waited for takes as long on any machine. */
#define LOOK_PATIENCE_MS 20000

struct look_process {
	char state; /* as ps(1) shows it; 0: there is none */
	unsigned long start_ticks;
};

struct look_process look_process(pid_t pid);
/* It runs, and began then; a zombie does not run. */
bool look_is_alive(pid_t pid, unsigned long start_ticks);

/* There is one process of a supervisor, and no other that may become one. */
bool look_is_single(void);

/* True once is_true() is; false if it is not in time. */
bool look_until(bool (*is_true)(void));
bool look_until_ms(bool (*is_true)(void), unsigned most_ms);
uint64_t look_ms(void);

/* The page's header; zeros if there is no page. */
struct page_header look_header(void);
/* False: there is no such service. */
bool look_entry(const char *name, struct page_entry *out);
bool look_result(uint64_t token, struct page_result *out);

/* The supervisor that serves, by the page; 0 if none does. */
pid_t look_supervisor(void);
/* Notes who serves, and waits until another one does. */
void look_note_supervisor(void);
bool look_await_successor(void);

/* Starts of a ward, in all; the last one's pid and start time. */
struct look_ward {
	char name[32];
	unsigned starts;
	unsigned doubles;
	unsigned ended; /* of a polite one: the how manieth to end, 0: never */
	pid_t pid;
	unsigned long start_ticks;
};

/* Zeros but for the name if it never began; NULL when there are too many. */
const struct look_ward *look_ward(const char *name);
/* Forgets all: the record is a new file. */
void look_reset(void);

#endif
