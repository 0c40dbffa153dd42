/*
 * Which services are logged, by RUN/logs: opening and closing their pipes,
 * finding them by name.
 */
#ifndef SUPERVISOR_SVLOG_STREAMS_H
#define SUPERVISOR_SVLOG_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sources;
struct svlog;

/* What a descriptor of the loop belongs to. */
#define STREAMS_ID(n, stream) ((n)*2 + (stream))

struct streams {
	struct svlog *s;
	struct sources *sources;
	int run_fd;
	int epoll_fd;
	uint32_t ready_count;
	uint32_t *ready; /* ids that may have more in their pipe */
};

/* Logs for what a svlog before this one had not finished. */
void streams_adopt(struct streams *streams);
/* Reads RUN/logs again. 0, or -1: it said why, and nothing has changed. */
int streams_load(struct streams *streams);

/* The pipes of a service; it is added if there is no such entry. */
void streams_open(struct streams *streams, const char *name, size_t len);
/* Those of all for which there is one in RUN/pipe. */
void streams_open_all(struct streams *streams);
/* Takes what is left of it, and forgets it. */
void streams_close(struct streams *streams, const char *name, size_t len);

void streams_set_ready(struct streams *streams, uint32_t id);
/* One read of each that may have more; whether any had. */
bool streams_pump(struct streams *streams);
/* Reads one until its pipe is empty, and flushes what is left of a line. */
void streams_drain(struct streams *streams, uint32_t n);
/* The same for what is in its pipes now, if somebody writes on. */
void streams_catch_up(struct streams *streams, uint32_t n);
/* The log of that name, or UINT32_MAX. */
uint32_t
streams_find(const struct streams *streams, const char *name, size_t len);

#endif
