#include "supervisor/svlog/sink.h"

#include <string.h>

#include "supervisor/svlog/split.h"
#include "supervisor/svlog/spool.h"

#define FIRST (16u << 10) /* memory of a sink grows from there */

/* The kind that the step counts it as; SINK_KINDS: it does not. */
static uint32_t
kind_of(const struct spool_step *step, uint32_t k)
{
	if (k < SINK_FEED)
		return k;
	return k == step->feed ? SINK_FEED : SINK_KINDS;
}

uint32_t
sink_len(const struct spool *spool, uint32_t k)
{
	const struct spool_step *step = spool_step(spool);
	uint32_t kind = kind_of(step, k);

	return kind < SINK_KINDS ? step->sink_len[kind] : spool->sinks[k].len;
}

bool
sink_is_empty(const struct spool *spool, uint32_t k)
{
	return spool->sinks[k].at >= sink_len(spool, k);
}

const char *
sink_rest(const struct spool *spool, uint32_t k, size_t *len)
{
	uint64_t at = spool->sinks[k].at;
	uint32_t all = sink_len(spool, k);

	*len = at < all ? (size_t)(all - at) : 0;
	return spool_sink(spool, k) + at;
}

void
sink_set(struct spool *spool, uint32_t k, uint32_t len, uint32_t at)
{
	struct spool_step step = *spool_step(spool);
	uint32_t kind = kind_of(&step, k);

	/* Whoever sees the one without the other takes it for written. */
	if (at != 0)
		*(volatile uint64_t *)&spool->sinks[k].at = at;
	if (kind < SINK_KINDS) {
		step.sink_len[kind] = len;
		spool_commit(spool, &step);
	}
	*(volatile uint32_t *)&spool->sinks[k].len = len;
	*(volatile uint64_t *)&spool->sinks[k].at = at;
}

void
sink_clear(struct spool *spool, uint32_t k)
{
	sink_set(spool, k, 0, 0);
}

void
sink_wrote(struct spool *spool, uint32_t k, size_t len)
{
	*(volatile uint64_t *)&spool->sinks[k].at += len;
	if (sink_is_empty(spool, k))
		sink_clear(spool, k);
}

bool
sink_grow(struct spool *spool, uint32_t k)
{
	uint32_t cap = spool->sinks[k].cap;

	return spool_sink_make(spool, k, cap ? 2 * cap : FIRST) == 0;
}

bool
sink_add(struct spool *spool, struct spool_step *step, uint32_t kind,
	const struct split *split, const struct split_text *text, size_t *lines)
{
	uint32_t k = kind == SINK_FEED ? step->feed : kind;
	struct split_text rest = *text;

	for (;;) {
		struct split_result result = split_lines(split, &rest,
			spool_sink(spool, k) + step->sink_len[kind],
			spool->sinks[k].cap - step->sink_len[kind]);

		step->sink_len[kind] += (uint32_t)result.made;
		*lines += result.lines;
		if (!result.is_full)
			return true;
		if (result.made > 0)
			rest.carry_len = 0;
		rest.in += result.taken;
		rest.in_len -= result.taken;
		if (!sink_grow(spool, k))
			return false;
	}
}

void
sink_added(struct spool *spool)
{
	const struct spool_step *step = spool_step(spool);

	if (step->feed != 0)
		spool->sinks[step->feed].len = step->sink_len[SINK_FEED];
}

void
sink_recover(struct spool *spool)
{
	sink_added(spool);
	for (uint32_t k = 0; k < spool->head->sink_count; k++)
		if (sink_is_empty(spool, k))
			sink_clear(spool, k);
}

static bool
is_used(const struct spool *spool, uint32_t k)
{
	if (!sink_is_empty(spool, k) || spool_step(spool)->feed == k)
		return true;
	for (uint32_t n = 0; n < spool->head->slot_count; n++)
		if (spool->slots[n].feed == k)
			return true;
	return false;
}

uint32_t
sink_find(struct spool *spool, const char *name, size_t len)
{
	struct spool_sink *sinks = spool->sinks;
	uint32_t count = spool->head->sink_count;
	uint32_t k;

	for (k = SINK_FEED; k < count; k++)
		if (strlen(sinks[k].name) == len &&
			memcmp(sinks[k].name, name, len) == 0)
			return k;
	if (k == SPOOL_SINKS)
		for (k = SINK_FEED; k < SPOOL_SINKS && is_used(spool, k); k++)
			;
	if (k == SPOOL_SINKS || (k == count && spool_sinks_make(spool, k + 1)))
		return 0;
	sinks[k] = (struct spool_sink){.cap = sinks[k].cap};
	memcpy(sinks[k].name, name, len);
	return k;
}
