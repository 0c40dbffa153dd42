#include "supervisor/timers.h"

void
timers_init(struct timers *t, uint32_t capacity)
{
	t->count = 0;
	for (uint32_t i = 0; i < capacity; i++)
		t->place[i] = TIMERS_NONE;
}

static void
put(struct timers *t, uint32_t place, uint32_t id)
{
	t->heap[place] = id;
	t->place[id] = place;
}

static void
sift_up(struct timers *t, uint32_t place, uint32_t id)
{
	while (place > 0) {
		uint32_t parent = (place - 1) / 2;

		if (t->deadline[t->heap[parent]] <= t->deadline[id])
			break;
		put(t, place, t->heap[parent]);
		place = parent;
	}
	put(t, place, id);
}

static void
sift_down(struct timers *t, uint32_t place, uint32_t id)
{
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= t->count)
			break;
		if (child + 1 < t->count && t->deadline[t->heap[child + 1]] <
						    t->deadline[t->heap[child]])
			child++;
		if (t->deadline[id] <= t->deadline[t->heap[child]])
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, id);
}

static void
take_out(struct timers *t, uint32_t id)
{
	uint32_t place = t->place[id];
	uint32_t last = t->heap[--t->count];

	t->place[id] = TIMERS_NONE;
	if (last == id)
		return;
	put(t, place, last);
	sift_up(t, place, last);
	sift_down(t, t->place[last], last);
}

void
timers_set(struct timers *t, uint32_t id, uint64_t deadline_ms)
{
	if (t->place[id] != TIMERS_NONE) {
		if (t->deadline[id] == deadline_ms)
			return;
		take_out(t, id);
	}
	if (deadline_ms == 0)
		return;
	t->deadline[id] = deadline_ms;
	sift_up(t, t->count++, id);
}

uint64_t
timers_next(const struct timers *t)
{
	return t->count == 0 ? 0 : t->deadline[t->heap[0]];
}

uint32_t
timers_pop(struct timers *t, uint64_t now_ms)
{
	uint32_t id;

	if (t->count == 0 || t->deadline[t->heap[0]] > now_ms)
		return TIMERS_NONE;
	id = t->heap[0];
	take_out(t, id);
	return id;
}
