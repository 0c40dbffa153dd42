/*
 * Files and directories of the config roots: read with the rule that nobody
 * but root and us may be able to change them. Only the loader uses them,
 * and the supervisor a listing.
 */
#ifndef LIB_SOURCE_H
#define LIB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stat;

/* A path below a root of at most PATHS_CAP: two names and a few words more. */
#define SOURCE_PATH_CAP	   1200
#define SOURCE_PROBLEM_CAP (2 * SOURCE_PATH_CAP + 200)

enum source_result {
	SOURCE_OK,
	SOURCE_NONE,  /* not there */
	SOURCE_EMPTY, /* a link to /dev/null */
	SOURCE_BAD    /* problem is "PATH: what, and what to do" */
};

/* False: problem says who can change path and how to end that. */
bool source_is_safe(const char *path, const struct stat *st, char *problem);

/* "PATH: cannot be read: REASON" for an errno. */
void source_unreadable(const char *path, int err, char *problem);

/*
 * Opens a directory for reading. SOURCE_BAD also when others can change it;
 * *fd is -1 unless SOURCE_OK. path is for messages, name is looked up in at.
 */
enum source_result source_open_dir(
	int at, const char *name, const char *path, int *fd, char *problem);

/*
 * Reads a regular file of at most LOAD_FILE_MAX bytes into bytes, which has
 * room for LOAD_FILE_MAX + 2. Never blocks on a FIFO or a device.
 */
enum source_result source_read(int at, const char *name, const char *path,
	char *bytes, size_t *len, char *problem);

/* Whether name in at is a symbolic link to /dev/null. */
bool source_is_null_link(int at, const char *name);

/* A list of file names that grows; zero it before its first use. */
struct listing {
	char *blob;
	size_t blob_len;
	size_t blob_cap;
	struct listed {
		const char *name; /* valid after listing_sort */
		size_t offset;
		uint8_t tag; /* the caller's; second in the order */
		uint8_t place;
		uint8_t kind; /* the caller's, 0 when added */
	} * item;
	size_t len;
	size_t cap;
};

/* False: out of memory. */
bool listing_add(
	struct listing *list, const char *name, size_t len, int tag, int place);
/* By name, then tag, then place. */
void listing_sort(struct listing *list);
/* In a sorted one. */
bool listing_has(const struct listing *list, const char *name);
void listing_finish(struct listing *list);

/*
 * Adds the names in the directory, "." and ".." left out; the tag is the
 * entry's d_type. 0, or an errno. fd stays open.
 */
int listing_read(struct listing *list, int fd, int place);

#endif
