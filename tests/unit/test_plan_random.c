/*
 * Random services, random people, a random kernel: what must hold of the plan
 * after each event is in world_check.c. TEND_SEED=N starts at another seed,
 * TEND_ROUNDS=N takes more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/state.h"
#include "tests/unit/cells.h"
#include "tests/unit/world.h"
#include "tests/unit/world_shrink.h"

#define ROUNDS 3000u

static struct world world;

/* The linker puts this in the place of plan_step(): see the Makefile. */
void __wrap_plan_step(struct plan *plan, uint32_t id, enum plan_event event,
	int32_t arg, uint32_t svc);
void __real_plan_step(struct plan *plan, uint32_t id, enum plan_event event,
	int32_t arg, uint32_t svc);

void
__wrap_plan_step(struct plan *plan, uint32_t id, enum plan_event event,
	int32_t arg, uint32_t svc)
{
	world_check_event(&world, id, event, svc);
	/* What follows from it, for a life that is printed. */
	if (world.trace && (id != world.event_id || event != world.event))
		world.trace(&world, id, event, arg);
	/* Only what the kernel tells has one. */
	if (arg != 0 && event < EVENT_SPAWN_FAILED)
		world_complain(&world, id, "an argument that nothing reads");
	__real_plan_step(plan, id, event, arg, svc);
}

static unsigned long
from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static struct world_life life;

static void
make_life(uint64_t seed)
{
	memset(&life, 0, sizeof(life));
	life.seed = seed;
	life.steps = 40 + (uint32_t)(seed % 7) * 40;
	for (uint32_t i = 0; i < life.steps; i++)
		life.step[i] = (seed * 1000 + i + 1) * 0x9e3779b97f4a7c15u;
}

static uint64_t
run(uint64_t seed)
{
	make_life(seed);
	world_live(&world, &life);
	if (!world.bad)
		return world.hash;
	world_shrink(&world, &life);
	world_print(&world, &life);
	fail_msg("TEND_SEED=%llu TEND_ROUNDS=1, made small: step %u of %u "
		 "services, after %s of %u: service %u (%s, want %s, "
		 "fate %s): %s",
		(unsigned long long)seed, world.steps, world.plan.count,
		event_name(world.event), world.event_id, world.bad_id,
		state_name(world.svc[world.bad_id].state),
		want_name(world.svc[world.bad_id].want),
		fate_name((enum plan_fate)world.svc[world.bad_id].fate),
		world.bad);
	return 0;
}

static void
test_plan_of_random_events_keeps_its_promises(void **state)
{
	uint64_t seed = from_environment("TEND_SEED", 1);
	uint64_t rounds = from_environment("TEND_ROUNDS", ROUNDS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t hash = run(seed + i);

		if (run(seed + i) != hash)
			fail_msg("TEND_SEED=%llu: not the same twice",
				(unsigned long long)(seed + i));
	}
}

static void
test_plan_of_random_events_reaches_every_cell(void **state)
{
	(void)state;
	if (from_environment("TEND_ROUNDS", ROUNDS) < ROUNDS)
		skip();
	for (unsigned s = 0; s < SVC_STATES; s++)
		for (unsigned e = 0; e < PLAN_EVENTS; e++)
			if (cell_is_possible(
				    (enum svc_state)s, (enum plan_event)e) &&
				world_reached[s][e] == 0)
				fail_msg("%s in %s was never reached",
					event_name((enum plan_event)e),
					state_name(s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_of_random_events_keeps_its_promises),
		cmocka_unit_test(test_plan_of_random_events_reaches_every_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
