#include "tests/torture/ops.h"

#include <stddef.h>
#include <stdio.h>

#include "lib/state.h"
#include "tests/torture/arena.h"
#include "tests/torture/expect.h"

const struct op ops[] = {
	{.name = "start",
		.reset = "stop extra",
		.reset_effect = {"extra", 0, SVC_DOWN},
		.request = "start extra",
		.effects = {{"extra", 1, SVC_UP}}},
	{.name = "stop",
		.reset = "start extra",
		.reset_effect = {"extra", 1, SVC_UP},
		.request = "stop extra",
		.effects = {{"extra", 0, SVC_DOWN}}},
	{.name = "restart",
		.request = "restart web",
		.effects = {{"web", 1, SVC_UP}}},
	{.name = "restart, asked for by echo",
		.request = "restart web",
		.is_bare = true,
		.effects = {{"web", 1, SVC_UP}}},
	{.name = "restart of what another requires",
		.request = "restart base",
		.effects = {{"base", 1, SVC_UP}, {"above", 1, SVC_UP},
			{"logged", 1, SVC_UP}}},
	{.name = "restart of two",
		.request = "restart web logged",
		.effects = {{"web", 1, SVC_UP}, {"logged", 1, SVC_UP}}},
	{.name = "death and restart",
		.victim = "web",
		.effects = {{"web", 1, SVC_UP}}},
	{.name = "death, delay and restart",
		.victim = "delayed",
		.effects = {{"delayed", 1, SVC_UP}}},
	{.name = "death of one with a group",
		.victim = "tree",
		.effects = {{"tree", 1, SVC_UP}}},
	{.name = "stop of a group",
		.reset = "start group",
		.reset_effect = {"group", 1, SVC_UP},
		.request = "stop group",
		.effects = {{"group", 0, SVC_DOWN}}},
	{.name = "stop of what ignores TERM",
		.reset = "start deaf",
		.reset_effect = {"deaf", 1, SVC_UP},
		.request = "stop deaf",
		.effects = {{"deaf", 0, SVC_DOWN}}},
	{.name = "oneshot",
		.request = "restart once",
		.effects = {{"once", 1, SVC_DONE}}},
	{.name = "apply: one changed, one added, one removed",
		.request = "apply",
		.is_edit = true},
	{.name = "upgrade in place", .request = "upgrade", .may_fail = true},
	{.name = "recovery with a death and a request",
		.request = "restart logged",
		.victim = "web",
		.is_recovery = true,
		.effects = {{"logged", 1, SVC_UP}, {"web", 1, SVC_UP}}},
};
const unsigned op_count = sizeof(ops) / sizeof(ops[0]);

/* They take turns at being there. */
static const char *const comers[] = {"even", "odd"};

void
ops_define(bool has_oneshot)
{
	expect_reset();
	arena_define("base", "steady", "");
	arena_define("above", "steady", "requires = base\n");
	arena_define("web", "steady", "restart-delay = 0\n");
	arena_define("logged", "steady", "log = file\nrequires = base\n");
	arena_define("delayed", "steady", "restart-delay = 0.02\n");
	arena_define("tree", "tree", "restart-delay = 0\n");
	arena_define("edited", "steady", "");
	arena_define("even", "steady", "");
	expect_service("base", 1, SVC_UP);
	expect_service("above", 1, SVC_UP);
	expect_service("web", 1, SVC_UP);
	expect_service("logged", 1, SVC_UP);
	expect_service("delayed", 1, SVC_UP);
	expect_service("tree", 1, SVC_UP);
	expect_service("edited", 1, SVC_UP);
	expect_service("even", 1, SVC_UP);
	if (has_oneshot) {
		arena_define("once", "once", "type = oneshot\n");
		expect_service("once", 1, SVC_DONE);
	}
	arena_define("extra", "steady", "autostart = no\n");
	arena_define("group", "tree", "autostart = no\n");
	arena_define("deaf", "deaf",
		"autostart = no\nstop-timeout = 30ms\nkill-mode = process\n");
	expect_service("extra", 0, SVC_DOWN);
	expect_service("group", 0, SVC_DOWN);
	expect_service("deaf", 0, SVC_DOWN);
}

void
ops_edit(unsigned round)
{
	char line[64];

	snprintf(line, sizeof(line), "environment = ROUND=%u\n", round);
	arena_define("edited", "steady", line);
	arena_define(comers[round % 2], "steady", "");
	arena_remove(comers[(round + 1) % 2]);
}

void
ops_expect(const struct op *op, unsigned round)
{
	for (size_t i = 0; i < sizeof(op->effects) / sizeof(op->effects[0]);
		i++) {
		const struct op_effect *e = &op->effects[i];

		if (!e->name)
			continue;
		expect_starts(e->name, e->starts, e->starts,
			e->state == SVC_DONE && arena.is_alone ? EXPECT_ENDED
							       : e->state);
	}
	if (!op->is_edit)
		return;
	expect_starts("edited", 1, 1, SVC_UP);
	expect_starts(comers[round % 2], 1, 1, SVC_UP);
	expect_starts(comers[(round + 1) % 2], 0, 0, EXPECT_GONE);
}
