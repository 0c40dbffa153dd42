/*
 * A log directory and the file `current` in it: opened below a descriptor of
 * what it lies in, no symlink followed, owner and type checked; rotated by who
 * writes it.
 */
#ifndef SUPERVISOR_SVLOG_FILE_H
#define SUPERVISOR_SVLOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervisor/svlog/stamp.h"

/* What log directories lie in. */
struct file_base {
	int fd;		    /* -1: not open */
	const char *path;   /* to open it by; NULL: there is none */
	gid_t gid;	    /* of new files and directories; -1: ours */
	bool is_single;	    /* fd is the only log directory itself, "." */
	bool is_locked;	    /* files are locked against other filters */
	bool is_owned;	    /* there is no other filter */
	uint64_t max_total; /* bytes of finished files; 0: no limit */
	uint64_t total;	    /* at most these are there; of the worker */
};

struct file {
	struct file_base *base;
	const char *name; /* of the directory; borrowed */
	int fd;		  /* -1: not open */
	uint64_t dev;
	uint64_t ino;
	uint64_t size;
	int64_t first_s;  /* time of the first line; of an empty file unused */
	int64_t last_s;	  /* time of the last line */
	int64_t looked_s; /* when the name was last compared; 0: never */
	uint64_t lost;	  /* lines that could not be written */
	int error;	  /* that was said, so that it is said once */
};

/* Opens path, made if it is not there. 0, or -1 with errno. */
int file_base_open(struct file_base *base);
/* The directory, made if it is not there; a descriptor or -1 with errno. */
int file_open_dir(struct file_base *base, const char *name);

/*
 * Opens current, which is the newest after this, also where names were not
 * settled; of a file with lines first_s is filled in. What was left without a
 * newline at its end gets one if is_mended. 0, or -1 with errno: EPERM for what
 * is not a file of ours, EWOULDBLOCK if another filter writes it.
 */
int file_open(struct file *file, const struct stamp *now, bool is_mended);
void file_close(struct file *file);

/*
 * Looks whether it is still what we opened: size and links each time, and, if
 * it is named current, the name once a second.
 */
bool file_is_lost(struct file *file, const struct stamp *now, bool is_named);

/*
 * Appends; how many bytes were written, with errno if not all. file->size is
 * what was there before plus that.
 */
size_t file_append(struct file *file, const char *bytes, size_t len);
/* Takes the end of it off again. */
void file_cut(struct file *file, uint64_t size);

/* Makes .next, which is empty: a descriptor, or -1 with errno. Of the worker.
 */
int file_open_next(const struct file_base *base, int dir_fd);
/* fd is the file from now on; what it was is the caller's to close. 0, or -1:
 * it is not empty any more, or removed. */
int file_take(struct file *file, int fd, const struct stamp *now);

#endif
