/*
 * What the config roots hold of one service or of all. Only load.c uses this.
 */
#ifndef LIB_SCAN_H
#define LIB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/load.h"
#include "lib/source.h"

#define SCAN_PLACES_MAX 16 /* of services: the roots, then service-path */
#define SCAN_NONE	(-1)

/* A directory of definitions. */
struct scan_place {
	int fd; /* -1: not there */
	bool is_unsafe;
	char path[PATHS_CAP + 16];
	char problem[SOURCE_PROBLEM_CAP]; /* of an unsafe or unreadable one */
};

struct scan {
	const struct load *load;
	void (*warn)(const char *message); /* or NULL */
	bool has_unreadable; /* a root or place is there and cannot be read */
	unsigned places;
	int root_fd[PATHS_ROOTS]; /* -1: not there */
	char root_problem[PATHS_ROOTS][SOURCE_PROBLEM_CAP];
	struct scan_place place[SCAN_PLACES_MAX];
};

enum scan_kind {
	SCAN_ABSENT,
	SCAN_FILE,
	SCAN_DIRECTORY,
	SCAN_MASKED
};

/* Where the parts of one service are: bits are places or roots. */
struct scan_found {
	int place; /* of the definition, SCAN_NONE if there is none */
	enum scan_kind kind;
	uint32_t dropins; /* places with a NAME.d */
	uint32_t wants;	  /* roots with a NAME.wants */
	bool is_wanted;	  /* by the .wants directory of a target */
};

/* NULL with errno. What cannot be read is warned of. */
struct scan *
scan_open(const struct load *load, void (*warn)(const char *message));
void scan_close(struct scan *scan);

/* Looks for one service. */
void scan_find(struct scan *scan, const char *name, struct scan_found *found);
/*
 * All names: tag is an enum scan_tag, place a place or a root, kind that of a
 * definition. 0 or an errno.
 */
enum scan_tag {
	SCAN_DEFINITION,
	SCAN_DROPINS,
	SCAN_WANTS,
	SCAN_WANTED
};
int scan_list(struct scan *scan, struct listing *names);

/*
 * Adds the names that TARGET.wants in a root names, those without that a higher
 * root decides about. 0 or an errno.
 */
int scan_wanted(struct scan *scan, unsigned root, const char *target, int tag,
	struct listing *names);

#endif
