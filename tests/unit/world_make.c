#include "tests/unit/world.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "lib/def.h"

static const struct plan_delays delays[] = {
	{{0, 200, 1000, 2000, 5000, 10000, 30000}, 7},
	{{0}, 1},
	{{50, 0}, 2},
	{{5000}, 1},
};

static const struct plan_statuses statuses[] = {
	{{{1u << 3}, 0}, {{0}, 1u << SIGKILL}},
	{{{0}, 1u << SIGKILL}, {{1u << 1, 0, 0, 0, 0, 0, 0, 1u << 31}, 0}},
};

uint32_t
world_below(struct world *w, uint32_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return n ? (uint32_t)((w->random * 0x2545f4914f6cdd1du) >> 33) % n : 0;
}

/* True once in n times. */
bool
world_once_in(struct world *w, uint32_t n)
{
	return world_below(w, n) == 0;
}

struct plan_policy
world_policy(struct world *w)
{
	static const uint8_t types[] = {TYPE_PROCESS, TYPE_PROCESS,
		TYPE_PROCESS, TYPE_FORKING, TYPE_ONESHOT, TYPE_ONESHOT,
		TYPE_TARGET};
	static const uint32_t times[] = {0, 100, 10000, 60000};
	struct plan_policy p = {.type = types[world_below(w, 7)],
		.restart = (uint8_t)world_below(w, 4),
		.stop_signal = SIGTERM,
		.commands = 1,
		.remains = !world_once_in(w, 3),
		.delays = (uint16_t)world_below(w, 4),
		.limit_count =
			(uint16_t)(world_once_in(w, 2) ? 0 : world_below(w, 5)),
		.limit_ms = 1000 * world_below(w, 20),
		.reset_ms = 60000 * world_below(w, 2),
		.start_timeout_ms = times[world_below(w, 4)],
		.stop_timeout_ms = times[world_below(w, 4)]};

	if (p.type != TYPE_TARGET)
		world_give_hooks(w, &p);
	if (p.type == TYPE_ONESHOT) {
		p.commands = (uint8_t)(1 + world_below(w, 4));
		p.may_fail = world_below(w, 16);
		if (world_once_in(w, 2))
			p.restart = RESTART_NEVER;
		p.is_timed = world_once_in(w, 3);
	}
	p.statuses =
		(uint16_t)(world_once_in(w, 4) ? 1 + world_below(w, 2) : 0);
	p.is_essential = world_once_in(w, 10);
	p.is_wanted_at_start = world_once_in(w, 2);
	p.asks = (uint8_t)(world_once_in(w, 4) ? world_below(w, 4) : 0);
	return p;
}

/* The kinds that definitions give. */
static uint16_t
random_flags(struct world *w)
{
	static const uint16_t kinds[] = {EDGE_REQUIRES | EDGE_AFTER,
		EDGE_REQUIRES | EDGE_AFTER, EDGE_REQUIRES | EDGE_AFTER,
		EDGE_WANTS | EDGE_AFTER, EDGE_AFTER, EDGE_REQUIRES, EDGE_WANTS,
		EDGE_REQUIRES | EDGE_WANTS | EDGE_AFTER,
		EDGE_REQUIRES | EDGE_BINDS | EDGE_AFTER,
		EDGE_REQUIRES | EDGE_BINDS | EDGE_AFTER,
		EDGE_REQUIRES | EDGE_BINDS,
		EDGE_REQUIRES | EDGE_BINDS | EDGE_AFTER,
		EDGE_REQUIRES | EDGE_BINDS | EDGE_AFTER, EDGE_ONCE | EDGE_AFTER,
		EDGE_ONCE, EDGE_PART, EDGE_PART | EDGE_AFTER, EDGE_ON_FAILURE,
		EDGE_ON_FAILURE | EDGE_WANTS | EDGE_AFTER, EDGE_CONFLICTS,
		EDGE_CONFLICTS | EDGE_AFTER};

	return kinds[world_below(w, sizeof(kinds) / sizeof(kinds[0]))];
}

/* Both directions of the pair, as the two definitions would give them. */
static void
add_edge(struct world *w, uint32_t from, uint32_t to)
{
	uint16_t forth = random_flags(w);
	uint16_t back = 0;

	if (world_once_in(w, 10)) {
		/* "requires" and "before": needed, but started later. */
		forth = EDGE_AFTER;
		back = world_once_in(w, 2) ? EDGE_REQUIRES : EDGE_WANTS;
	} else if (world_once_in(w, 12)) {
		back = world_once_in(w, 2) ? EDGE_ON_FAILURE : EDGE_PART;
	}
	if ((forth & EDGE_CONFLICTS) != 0)
		back |= EDGE_CONFLICTS;
	if (w->life && w->life->is_cut[from][to])
		forth = back = 0;
	w->flags[from][to] = forth;
	w->flags[to][from] = back;
}

static void
make_graphs(struct world *w)
{
	uint32_t count = w->plan.count;
	uint32_t edges = 0;
	uint32_t redges = 0;

	for (uint32_t i = 0; i < count; i++) {
		w->first[i] = edges;
		w->rfirst[i] = redges;
		for (uint32_t j = 0; j < count; j++) {
			if (w->flags[i][j] != 0)
				w->edge[edges++] =
					(struct graph_edge){j, w->flags[i][j]};
			if (w->flags[j][i] != 0)
				w->redge[redges++] =
					(struct graph_edge){j, w->flags[j][i]};
		}
	}
	w->first[count] = edges;
	w->rfirst[count] = redges;
	w->plan.deps = (struct graph){count, w->first, w->edge};
	w->plan.rdeps = (struct graph){count, w->rfirst, w->redge};
}

/* Edges go from later to earlier services, so the order has no cycle. */
static void
make_edges(struct world *w)
{
	uint32_t rarity = 1 + world_below(w, 2 + w->plan.count / 3);

	for (uint32_t i = 1; i < w->plan.count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (world_once_in(w, rarity))
				add_edge(w, i, j);
	make_graphs(w);
}

void
world_reload(struct world *w)
{
	for (unsigned n = 1 + world_below(w, 3); n > 0; n--) {
		uint32_t i = 1 + world_below(w, w->plan.count - 1);
		uint32_t j = world_below(w, i);

		add_edge(w, i, j);
		w->is_new[i][j] = true;
		w->is_new[j][i] = true;
		if (world_once_in(w, 3)) {
			w->flags[i][j] = 0;
			w->flags[j][i] = 0;
		}
	}
	make_graphs(w);
	for (uint32_t id = 0; id < w->plan.count; id++)
		w->svc[id].needer = w->svc[id].cursor = PLAN_NONE;
	for (uint32_t id = 0; id < w->plan.count; id++)
		if (!plan_define(&w->plan, id, &w->svc[id].policy,
			    w->svc[id].state == SVC_MASKED ||
					    w->svc[id].state == SVC_INVALID
				    ? (enum svc_state)w->svc[id].state
				    : SVC_DOWN))
			continue;
}

void
world_init(struct world *w, const struct world_life *life)
{
	memset(w, 0, sizeof(*w));
	w->life = life;
	w->random = (life->seed + 1) * 0x9e3779b97f4a7c15u;
	w->hash = 0xcbf29ce484222325u;
	for (int i = 0; i < 4; i++)
		world_below(w, 2);
	w->plan.count = 2 + world_below(w, world_once_in(w, 20)	 ? 49
					   : world_once_in(w, 4) ? 20
								 : 7);
	w->plan.now_ms = 1000;
	w->plan.boot_ms = 5000;
	w->plan.seed = life->seed;
	w->plan.svc = w->svc;
	w->plan.delays = delays;
	w->plan.statuses = statuses;
	w->plan.changed = w->changed;
	plan_init(&w->plan);
	w->plan.starts_all = world_once_in(w, 3);
	make_edges(w);
	for (uint32_t id = 0; id < w->plan.count; id++) {
		struct plan_policy policy = world_policy(w);

		if (life->is_plain[id])
			policy = (struct plan_policy){.restart = RESTART_NEVER,
				.stop_signal = SIGTERM,
				.commands = 1,
				.start_timeout_ms = 100,
				.stop_timeout_ms = 100};
		plan_add(&w->plan, id, &policy);
	}
}
