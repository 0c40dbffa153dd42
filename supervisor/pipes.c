#include "supervisor/pipes.h"

#include <stddef.h>
#include <unistd.h>

#include "supervisor/loop.h"

#define PIPES 256
/* What loop.h leaves of a word for the number of the use. */
#define USES (LOOP_KIND_FIRST / PIPES)

static struct pipe pipes[PIPES];
static unsigned used; /* all from here on are free */

struct pipe *
pipes_free(void)
{
	for (unsigned i = 0; i < PIPES; i++)
		if (pipes[i].fd == 0)
			return &pipes[i];
	return NULL;
}

void
pipes_take(struct pipe *pipe, int fd, uint32_t svc, uint64_t now_ms)
{
	unsigned i = (unsigned)(pipe - pipes);

	pipe->fd = fd;
	pipe->svc = svc;
	pipe->from_ms = now_ms;
	if (i >= used)
		used = i + 1;
}

void
pipes_close(struct pipe *pipe)
{
	close(pipe->fd);
	pipe->fd = 0;
	pipe->use = (pipe->use + 1) % USES;
	while (used > 0 && pipes[used - 1].fd == 0)
		used--;
}

struct pipe *
pipes_next(unsigned *i)
{
	while (*i < used) {
		struct pipe *pipe = &pipes[(*i)++];

		if (pipe->fd != 0)
			return pipe;
	}
	return NULL;
}

uint32_t
pipes_word(const struct pipe *pipe)
{
	return pipe->use * PIPES + (uint32_t)(pipe - pipes);
}

struct pipe *
pipes_find(uint32_t word)
{
	struct pipe *pipe = &pipes[word % PIPES];

	return pipe->fd != 0 && pipe->use == word / PIPES ? pipe : NULL;
}
