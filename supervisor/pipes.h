/*
 * Children with memory of their own: the pipe of each is closed by its exec or
 * its death.
 */
#ifndef SUPERVISOR_PIPES_H
#define SUPERVISOR_PIPES_H

#include <stdint.h>

struct pipe {
	int fd;	      /* 0: free (0 is never ours) */
	uint32_t svc; /* who, as pids.h says */
	uint32_t use; /* counts them, from 0 */
	uint64_t from_ms;
};

/* One that is free, NULL if none is. */
struct pipe *pipes_free(void);
void pipes_take(struct pipe *pipe, int fd, uint32_t svc, uint64_t now_ms);
void pipes_close(struct pipe *pipe);

/* The open one at or after *i, which is moved behind it; NULL: no more. */
struct pipe *pipes_next(unsigned *i);

/*
 * A word for the loop's events of a pipe, and the pipe of such an event: NULL
 * if it was closed meanwhile, even if it was taken again in the same turn.
 */
uint32_t pipes_word(const struct pipe *pipe);
struct pipe *pipes_find(uint32_t word);

#endif
