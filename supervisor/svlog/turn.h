/*
 * From a full file to the next one, without a wait for the names of the two:
 *
 *   the worker opens .next         the writer goes on in current
 *   current becomes @TIME.s,       the writer is in .next at once
 *   .next becomes current
 *
 * so that nothing is ever written to a file that is called finished. A turn is
 * a log's; its state says whose it is: the worker's while it is TURN_BUSY.
 */
#ifndef SUPERVISOR_SVLOG_TURN_H
#define SUPERVISOR_SVLOG_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "supervisor/svlog/settle.h"

struct file;
struct file_base;
struct log;
struct stamp;
struct worker_job;

enum turn_state {
	TURN_NONE,  /* no next file is there */
	TURN_BUSY,  /* the worker is to settle names, or to open one, or both */
	TURN_READY, /* it is open */
	TURN_FAILED
};

struct turn {
	_Atomic uint32_t state;
	int fd; /* of .next, if TURN_READY; and of its directory */
	int dir_fd;
	int error;	 /* of TURN_FAILED */
	bool is_settled; /* .next is called current by now, if it was to */
	struct settle_names names;
	/* Of the writer alone. */
	bool is_turned;	 /* it may be that what is written is still .next */
	bool is_dropped; /* what the worker opens is closed again */
	int64_t tried_s; /* when it last failed */
};

/* The turn of log n. */
struct turn *turn_of(uint32_t n);

/*
 * Asks for a next file, and waits for it that long at most, unless the worker
 * has been waited for in vain. Whether it is there; errno: 0, it is not yet.
 * The job says all but what this is about.
 */
bool turn_ask(struct turn *turn, struct worker_job *job, uint32_t ms);
/*
 * The writer goes to the next file, and the job gives the names. False: there
 * is none that is good, or no room for the job.
 */
bool turn_take(struct turn *turn, struct worker_job *job, struct file *file,
	const struct stamp *now);
/* Whether file is called current, as far as is known; asks again if not. */
bool turn_is_settled(struct turn *turn, struct worker_job *job, int64_t now_s);
/* Whether turn_ask() and turn_take() may do anything, without a wait. */
bool turn_is_possible(struct turn *turn);
/* The next file is none any more: its log is closed, or somewhere else. */
void turn_drop(struct turn *turn);

/* Of the worker. */
void turn_work(struct worker_job *job);
/* At the end: files that nobody goes to. */
void turn_end(void);

#endif
