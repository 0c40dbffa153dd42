/*
 * The files of a log directory in the order of their lines: @STAMP.s and
 * @STAMP.u (which a processor reads just now) by name, then `current`. Other
 * @STAMP. are those that a processor has made, but for .t, which it still
 * makes.
 */
#ifndef SVCTL_LOGFILES_H
#define SVCTL_LOGFILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LOGFILES_CURRENT "current"

struct logfile {
	char name[64];
	ino_t inode;
	int64_t first_us; /* of its name; WHEN_NONE: tells none */
	bool is_packed;	  /* made by a processor: not text */
};

struct logfiles {
	struct logfile *file; /* owned */
	unsigned count, cap;
};

/* False with errno. */
bool logfiles_list(struct logfiles *files, int dir_fd);
void logfiles_free(struct logfiles *files);
/* The index of a file, or -1. */
int logfiles_find(const struct logfiles *files, ino_t inode);
/*
 * Opens a file of the list, under the name that it has by now if it was renamed
 * meanwhile. -1 with errno; ENOENT if it is gone.
 */
int logfiles_open(struct logfiles *files, unsigned index, int dir_fd);

#endif
