/*
 * What svlog reads beside the pipes of services: datagrams to /dev/log and the
 * records of /dev/kmsg. Each is a log of its own.
 */
#ifndef SUPERVISOR_SVLOG_SOURCES_H
#define SUPERVISOR_SVLOG_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/svlog/svlog.h"

/* What there is; the ids of their descriptors count from the first one's. */
#define SOURCES	       2u
#define SOURCES_SYSLOG 0u
#define SOURCES_KMSG   1u

struct source {
	int fd; /* -1: not read */
	uint32_t log;
	int64_t last_us; /* time of its last line, where that is its own */
	bool is_ready;	 /* there may be more */
	uint8_t errors;	 /* in a row */
};

struct sources {
	struct svlog *s;
	int epoll_fd;
	uint32_t first_id;
	int syslog_fd; /* given to us; -1: none */
	struct source source[SOURCES];
};

void sources_init(struct sources *sources, struct svlog *s, int epoll_fd,
	uint32_t first_id, int syslog_fd);
/* The log n has that entry, one with a source: reads it from now on. */
void
sources_open(struct sources *sources, uint32_t n, const struct entry *entry);
void sources_set_ready(struct sources *sources, uint32_t which);
/* A bounded number of messages of each; whether there may be more. */
bool sources_pump(struct sources *sources);
/* All that is there, but not what comes without end. */
void sources_drain(struct sources *sources);

/* Their readers: a bounded number of messages each. */
enum pump devlog_read(struct svlog *s, struct source *source);
enum pump kmsg_read(struct svlog *s, struct source *source);
/* -1, and it said why. */
int kmsg_open(struct svlog *s, const char *path);

#endif
