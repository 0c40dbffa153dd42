/*
 * Bytes on their way to a destination that is not a file, in the spool so that
 * they outlive a svlog that is killed: lines are added in the step that takes
 * them from the input, and what was written is noted behind the write. So a
 * kill between these two has the last write done once more.
 */
#ifndef SUPERVISOR_SVLOG_SINK_H
#define SUPERVISOR_SVLOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;
struct spool_step;
struct split;
struct split_text;

/* All of its bytes, written or not. */
uint32_t sink_len(const struct spool *spool, uint32_t k);
/* Nothing of it is left to be written. */
bool sink_is_empty(const struct spool *spool, uint32_t k);
/* What is left. */
const char *sink_rest(const struct spool *spool, uint32_t k, size_t *len);
/* So many more of it are written; when all are, it is empty again. */
void sink_wrote(struct spool *spool, uint32_t k, size_t len);
/* Nothing is in it any more. */
void sink_clear(struct spool *spool, uint32_t k);
/* It holds len bytes, `at` of them written; a commit. */
void sink_set(struct spool *spool, uint32_t k, uint32_t len, uint32_t at);

/*
 * Lines behind those that are there, as a part of a step that is not yet
 * committed; kind: SINK_STDOUT and so on. *lines is increased by what was
 * added. False: not all, for want of room.
 */
bool sink_add(struct spool *spool, struct spool_step *step, uint32_t kind,
	const struct split *split, const struct split_text *text,
	size_t *lines);
/* More memory for it; false: it has all that it may have. */
bool sink_grow(struct spool *spool, uint32_t k);
/* Once that is committed. */
void sink_added(struct spool *spool);
/* What a killed svlog left: whole, and nothing that was written. */
void sink_recover(struct spool *spool);

/* The sink for a service, made if there is none; 0: there are too many. */
uint32_t sink_find(struct spool *spool, const char *name, size_t len);

#endif
