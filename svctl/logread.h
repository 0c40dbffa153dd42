/*
 * The log of one service in one directory as a stream of lines: the rotated
 * files in their order, then `current`, forwards or backwards from any place.
 * Descriptors, not paths, lead to the files, and no symlink is followed.
 */
#ifndef SVCTL_LOGREAD_H
#define SVCTL_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/name.h"
#include "svctl/logline.h"

#define LOGREAD_LINE_MAX (1u << 20) /* longer lines are cut there */

struct logfiles;

/* Between two lines. */
struct logread_place {
	unsigned at;
	uint64_t offset;
};

struct logread {
	char name[NAME_CAP];	/* of the service */
	int dir_fd;		/* owned */
	int fd;			/* owned; of file `at`; -1: none is open */
	ino_t inode;		/* of what was read last; 0: nothing was */
	int64_t first_us;	/* the stamp that file begins with, or none */
	struct logfiles *files; /* owned; the oldest first */
	unsigned at;	 /* the file that is read; count: past the last */
	uint64_t offset; /* of the byte behind buf[end - 1] */
	char *buf;	 /* owned */
	size_t cap, start, end;
	int64_t last_us;   /* of the line before */
	bool is_backwards; /* buf holds what is before offset */
	bool is_following; /* a last line without newline may go on */
	bool is_rotated;   /* `current` is another file by now */
	int error;	   /* errno of what could not be read; 0: none */
};

/*
 * Takes dir_fd over and begins at the oldest line. False with errno: the
 * directory cannot be read.
 */
bool logread_open(struct logread *r, const char *name, int dir_fd);
void logread_close(struct logread *r);

/*
 * The next line; it stays until the next call. line->us is never WHEN_NONE: a
 * line without a stamp has the time of the one before. False: there is none,
 * or (following) none yet.
 */
bool logread_next(struct logread *r, struct logline *line);
/* The line before; false at the beginning. Then _next gives it again. */
bool logread_previous(struct logread *r, struct logline *line);

/* To the first line at or after a moment; to the end of everything. */
void logread_seek(struct logread *r, int64_t us);
void logread_seek_end(struct logread *r);

struct logread_place logread_tell(const struct logread *r);
/* Back to a place, as long as logread_next was not called since. */
void logread_go(struct logread *r, struct logread_place place);

/*
 * How many files a processor has made something else of, which are not read,
 * and the name of the newest; 0 unless the place is before all that is read.
 */
unsigned logread_missing(struct logread *r, const char **newest);

#endif
