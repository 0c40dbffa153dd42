/*
 * Which of several streams has the next line: a heap of their times. Of equal
 * times that of the stream with the lower number comes first, so that a stream
 * keeps its order and streams keep theirs; backwards it is the mirror image.
 * Pure.
 */
#ifndef SVCTL_MERGE_H
#define SVCTL_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_item {
	int64_t us;
	unsigned stream;
};

struct merge {
	struct merge_item *item; /* borrowed; room for one of each stream */
	unsigned len;
	bool is_backwards; /* the latest first */
};

void merge_init(struct merge *m, struct merge_item *items, bool is_backwards);
/* A stream that is not in it has a line of that time. */
void merge_push(struct merge *m, int64_t us, unsigned stream);
/* Takes out whose turn it is; false: nobody has a line. */
bool merge_pop(struct merge *m, unsigned *stream);

#endif
