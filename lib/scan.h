/*
 * What the config roots hold of one service or of all. Only load.c uses this.
 */
#ifndef LIB_SCAN_H
#define LIB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/load.h"
#include "lib/name.h"
#include "lib/source.h"

#define SCAN_PLACES_MAX 16 /* of services: the roots, then service-path */
#define SCAN_NONE	(-1)
#define SCAN_TARGET	"default" /* what start = enabled starts */

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
	/* The rest is what scan_find_base finds. */
	uint32_t base_dropins; /* places with a TEMPLATE.d */
	bool is_template;      /* the definition is that of a template */
	bool is_logger;	       /* it is log/run in the directory of another */
	bool is_instance;      /* one of a template, be it exact */
	char template[NAME_CAP];
	char file[NAME_CAP + 8]; /* of the definition, below its place */
};

/* NULL with errno. What cannot be read is warned of. */
struct scan *
scan_open(const struct load *load, void (*warn)(const char *message));
void scan_close(struct scan *scan);

/* Looks for one service, by itself and by its template. */
void scan_find(struct scan *scan, const char *name, struct scan_found *found);
/*
 * What a name without definition may still be: an instance of a template, or
 * the logger of a run directory. Drop-ins of a template count for an exact
 * definition as well.
 */
void
scan_find_base(struct scan *scan, const char *name, struct scan_found *found);
/*
 * All names: tag is an enum scan_tag, place a place or a root, kind that of a
 * definition. 0 or an errno.
 */
enum scan_tag {
	SCAN_DEFINITION,
	SCAN_DROPINS,
	SCAN_WANTS,
	SCAN_WANTED,
	SCAN_KEPT, /* load.c's: an instance that is to stay */
	SCAN_GIVEN /* the same: without a file */
};
int scan_list(struct scan *scan, struct listing *names);

/*
 * Adds the names that TARGET.wants in a root names, those without that a higher
 * root decides about. 0 or an errno.
 */
int scan_wanted(struct scan *scan, unsigned root, const char *target, int tag,
	struct listing *names);

#endif
