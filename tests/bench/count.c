/*
 * count N: loads the definitions of TEND_CONFIG as the supervisor does, up to
 * the graph, and, if N is not 0, takes the service `s0` through N transitions,
 * by turns "it has come up" and "it was killed, start it again". For counting
 * instructions: two runs, and what one has more.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/load.h"
#include "lib/paths.h"
#include "supervisor/build.h"
#include "supervisor/plan.h"

#define COUNT_MAX 2000u

static struct plan plan;
static struct plan_svc services[COUNT_MAX];
static uint32_t changed[COUNT_MAX];

static uint32_t
give_id(void *context, const char *name)
{
	uint32_t *next = context;

	(void)name;
	return (*next)++;
}

static void
take(uint32_t id, enum plan_event event, int32_t arg)
{
	plan.now_ms += 1000;
	plan_event(&plan, id, event, arg, PLAN_NONE);
	while (plan_settle(&plan))
		plan.actions = 0;
	plan.actions = 0;
	for (uint32_t i = 0; i < plan.changes; i++)
		services[changed[i]].is_changed = false;
	plan.changes = 0;
}

static bool
run(const struct build *b, long transitions)
{
	uint32_t id;

	if (b->ids > COUNT_MAX || !build_find(b, "s0"))
		return false;
	plan.svc = services;
	plan.count = b->ids;
	plan.delays = b->delays;
	plan.statuses = b->statuses;
	plan.deps = b->deps;
	plan.rdeps = b->rdeps;
	plan.changed = changed;
	plan.now_ms = 1;
	plan_init(&plan);
	for (uint32_t i = 0; i < b->count; i++)
		plan_add(&plan, b->svc[i].id, &b->svc[i].policy);
	id = build_find(b, "s0")->id;
	take(id, EVENT_START, 0);
	for (long i = 0; i < transitions; i++)
		if (i % 2 == 0)
			take(id, EVENT_READY, 0);
		else
			take(id, EVENT_EXITED, SIGKILL);
	/* Each was one, and led where it should. */
	return services[id].state ==
		       (transitions % 2 == 0 ? SVC_STARTING : SVC_UP) &&
	       services[id].starts == 1 + (uint32_t)(transitions / 2);
}

int
main(int argc, char **argv)
{
	struct paths_options options = {0};
	struct load load;
	struct load_text text = {0};
	struct build b;
	uint32_t next = 0;
	char message[512];
	long transitions = argc == 2 ? strtol(argv[1], NULL, 10) : -1;

	if (transitions < 0)
		return 2;
	if (!load_open(&load, &options, message, sizeof(message)) ||
		load_all(&load, &text, NULL) < 0 ||
		!build_make(
			&b, text.bytes, text.len, give_id, &next, 0, NULL) ||
		b.invalid != 0) {
		fputs("count: the definitions cannot be loaded\n", stderr);
		return 1;
	}
	if (transitions > 0 && !run(&b, transitions)) {
		fputs("count: the service did something else\n", stderr);
		return 1;
	}
	return 0;
}
