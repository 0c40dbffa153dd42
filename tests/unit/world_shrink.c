#include "tests/unit/world_shrink.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cells.h"

void
world_live(struct world *w, const struct world_life *life)
{
	world_init(w, life);
	while (!w->bad && w->steps < life->steps)
		world_step(w);
	if (!w->bad)
		world_finish(w);
}

static bool
is_still_bad(struct world *w, const struct world_life *life, const char *bad)
{
	world_live(w, life);
	return w->bad && strcmp(w->bad, bad) == 0;
}

/* count steps from `from` on are left out, if the fault stays. */
static bool
leave_out(struct world *w, struct world_life *life, uint32_t from,
	uint32_t count, const char *bad)
{
	static struct world_life less;

	if (from >= life->steps)
		return false;
	if (count > life->steps - from)
		count = life->steps - from;
	less = *life;
	memmove(&less.step[from], &less.step[from + count],
		(less.steps - from - count) * sizeof(less.step[0]));
	less.steps -= count;
	if (!is_still_bad(w, &less, bad))
		return false;
	*life = less;
	return true;
}

static void
shrink_steps(struct world *w, struct world_life *life, const char *bad)
{
	for (uint32_t count = WORLD_STEPS / 2; count > 0; count /= 2)
		for (uint32_t from = 0; from < life->steps;)
			if (!leave_out(w, life, from, count, bad))
				from += count;
}

static void
shrink_flags(struct world *w, struct world_life *life, const char *bad)
{
	for (uint32_t i = 0; i < WORLD_MAX; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (life->is_cut[i][j])
				continue;
			life->is_cut[i][j] = true;
			life->is_cut[i][j] = is_still_bad(w, life, bad);
		}
		if (life->is_plain[i])
			continue;
		life->is_plain[i] = true;
		life->is_plain[i] = is_still_bad(w, life, bad);
	}
}

void
world_shrink(struct world *w, struct world_life *life)
{
	const char *bad = w->bad;
	uint32_t before;

	life->steps = w->steps;
	do {
		before = life->steps;
		shrink_steps(w, life, bad);
		shrink_flags(w, life, bad);
	} while (life->steps < before);
	world_live(w, life);
}

static void
trace(const struct world *w, uint32_t id, enum plan_event event, int32_t arg)
{
	const struct plan_svc *s = &w->svc[id];

	printf("# %3u: %s of %u, arg %#x (%s, want %s, fate %s)\n", w->steps,
		event_name(event), id, (unsigned)arg, state_name(s->state),
		want_name(s->want), fate_name((enum plan_fate)s->fate));
}

static void
print_service(const struct world *w, const struct world_life *life, uint32_t id)
{
	const struct plan_policy *p = &w->svc[id].policy;

	if (!life->is_plain[id])
		printf("# service %u: %s, restart %u, remains %d, asks %u, "
		       "starts by itself %d, limit %u\n",
			id, type_name(p->type), p->restart, p->remains, p->asks,
			p->is_wanted_at_start, p->limit_count);
	for (uint32_t to = 0; to < w->plan.count; to++)
		if (w->flags[id][to] != 0)
			printf("# service %u to %u: edge %#x%s\n", id, to,
				w->flags[id][to],
				w->is_new[id][to] ? ", of a reload" : "");
}

void
world_print(struct world *w, const struct world_life *life)
{
	world_init(w, life);
	w->trace = trace;
	printf("# %u services, starts all: %d\n", w->plan.count,
		w->plan.starts_all);
	for (uint32_t id = 0; id < w->plan.count; id++)
		print_service(w, life, id);
	while (!w->bad && w->steps < life->steps)
		world_step(w);
	if (!w->bad)
		world_finish(w);
	printf("# then the edges are\n");
	for (uint32_t id = 0; id < w->plan.count; id++)
		print_service(w, life, id);
	printf("# service %u: %s\n", w->bad_id, w->bad ? w->bad : "well");
}
