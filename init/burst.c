#include "init/burst.h"

unsigned
burst_add(struct burst *b, uint64_t now_ms, uint64_t window_ms)
{
	unsigned kept = 0;

	for (unsigned i = b->len == BURST_CAP ? 1 : 0; i < b->len; i++)
		if (now_ms - b->at_ms[i] <= window_ms)
			b->at_ms[kept++] = b->at_ms[i];
	b->at_ms[kept++] = now_ms;
	b->len = kept;
	return kept;
}
