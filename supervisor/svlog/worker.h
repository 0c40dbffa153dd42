/*
 * One thread for what a slow disk makes slow and nobody waits for: the names
 * and the close of finished files, removal of the oldest, processors, last
 * words; a second one, by sync.h, for fsync, which is slow on any. Jobs
 * are done in order. With WORKER_JOBS of them not done yet there is no room for
 * more: then a file is not finished, and at last not written any more, so that
 * the disk stays bounded, too.
 */
#ifndef SUPERVISOR_SVLOG_WORKER_H
#define SUPERVISOR_SVLOG_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/name.h"
#include "supervisor/svlog/rotate.h"

struct file_base;
struct turn;

#define WORKER_JOBS	 64u
#define WORKER_END_MS	 2000u
#define WORKER_PROCESSOR 256u /* bytes of its command line, with the NUL */
#define WORKER_WORDS	 512u /* of a death; as much */

enum worker_kind {
	WORKER_TURN,   /* names of what is written; see turn.h */
	WORKER_SURVEY, /* what was left behind: in base, and in dir_fd */
	WORKER_CHILD,  /* a processor has ended */
	WORKER_BEGIN,  /* what deaths are told by is looked at */
	WORKER_DEAD,   /* of a service */
	WORKER_SPACE,  /* the oldest file is removed: its own, or any */
	WORKER_FLUSH,  /* fsync of the descriptor */
	WORKER_END     /* wait for processors, WORKER_END_MS at most */
};

struct worker_job {
	enum worker_kind kind;
	int fd;			/* of the file; is closed; -1: none */
	int dir_fd;		/* of its directory; the same */
	struct file_base *base; /* outlives the worker */
	uint32_t keep;		/* finished files in the directory */
	uint64_t size;		/* of the file */
	union {
		struct {
			struct turn *turn;
			bool is_turned; /* a file is to be finished */
			bool is_next;	/* one is to be opened */
			char dir[NAME_CAP];
			char name[ROTATE_NAME_LEN + 1];	  /* it was given */
			char processor[WORKER_PROCESSOR]; /* "": none */
		};
		struct { /* WORKER_DEAD */
			struct file_base *fallback;
			char name[NAME_CAP]; /* of the service */
			char words[WORKER_WORDS];
		} dead;
	};
};

/* 0, or -1 with errno; then the jobs are done at once by who adds them. */
int worker_start(void);
/*
 * Waits for room for that long at most; not at all while it is behind, which
 * it is from the first wait in vain until there is room.
 */
bool worker_has_room(uint32_t ms);
/* False: there was none, and it is not added. */
bool worker_add(const struct worker_job *job, uint32_t ms);
/*
 * While *word is value, for that long at most; not at all from the first wait
 * in vain until what had been added by then is done.
 */
void worker_wait_for(const _Atomic uint32_t *word, uint32_t value, uint32_t ms);
/* Waits until all are done, for that long at most. */
void worker_wait(uint32_t ms);
/*
 * A job of WORKER_SPACE, waited for as long. Whether it, or those before it,
 * may have made space; false at once while another one is not done.
 */
bool worker_make_space(const struct worker_job *job, uint32_t ms);

#endif
