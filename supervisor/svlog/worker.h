/*
 * One thread for what a slow disk makes slow and nobody waits for: fsync and
 * close of finished files, removal of the oldest, processors. Jobs are done in
 * order. With WORKER_JOBS of them not done yet, adding one waits: so the disk
 * stays bounded, too.
 */
#ifndef SUPERVISOR_SVLOG_WORKER_H
#define SUPERVISOR_SVLOG_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/svlog/rotate.h"

struct file_base;

#define WORKER_JOBS	 64u
#define WORKER_END_MS	 2000u
#define WORKER_PROCESSOR 256u /* bytes of its command line, with the NUL */

enum worker_kind {
	WORKER_FINISHED, /* a file was given its name */
	WORKER_SURVEY,	 /* what was left behind: in base, and in dir_fd */
	WORKER_CHILD,	 /* a processor has ended */
	WORKER_FLUSH,	 /* fsync of the descriptor */
	WORKER_END	 /* wait for processors, WORKER_END_MS at most */
};

struct worker_job {
	enum worker_kind kind;
	int fd;			/* of the file; is closed; -1: none */
	int dir_fd;		/* of its directory; the same */
	struct file_base *base; /* outlives the worker */
	uint32_t keep;		/* finished files in the directory */
	uint64_t size;		/* of the file */
	char name[ROTATE_NAME_LEN + 1];
	char processor[WORKER_PROCESSOR]; /* "": none */
};

/* 0, or -1 with errno; then the jobs are done at once by who adds them. */
int worker_start(void);
void worker_add(const struct worker_job *job);
/* Whether adding one would not wait, with another one to come. */
bool worker_has_room(void);
/* Waits until all are done, for that long at most. Were there
 * any, and are they? */
bool worker_wait(uint32_t ms);

#endif
