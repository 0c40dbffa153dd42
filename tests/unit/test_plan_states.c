/*
 * docs/states.md is what plan_step() does, written down by trying it out.
 * `make states` writes it anew.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"
#include "lib/state.h"
#include "tests/unit/cells.h"
#include "tests/unit/one.h"

#define PAGE "docs/states.md"

static char made[32768];
static char kept[32768];

static const char intro[] =
	"# States of a service\n"
	"\n"
	"Made by `make states` from lib/state.def and from what plan_step() "
	"in\n"
	"supervisor/plan_step.c does; a unit test compares the two. Do not "
	"edit it.\n"
	"\n"
	"| state | number | meaning |\n"
	"|---|---|---|\n";

static const char events[] =
	"\n"
	"## Events\n"
	"\n"
	"- `start once stop restart reset`: somebody asks.\n"
	"- `go`: all that it waits for is there. `dep-failed`: what it\n"
	"  requires failed. `free`: nothing that goes down before it runs any\n"
	"  more. The plan finds these by itself.\n"
	"- `spawn-failed` (here ENOENT), `ready`, `exited` (here 1), `lost` "
	"(it\n"
	"  ended unseen), `timeout`: the kernel tells.\n"
	"- `hook-exited` (here 0), `hook-lost`, `hook-failed` (here ENOENT): "
	"the\n"
	"  same of the command that runs around it: here start-pre in "
	"`starting`,\n"
	"  reload-command in `up` (of which `timeout` is as well), "
	"stop-command\n"
	"  in `stopping`. `reload`: somebody asks. `main`: what a forking\n"
	"  service left behind is found.\n"
	"- `unneeded`: nobody who started it needs it any more. `conflict`:\n"
	"  what it conflicts with is started. `dep-exited`: what it is bound\n"
	"  to ended by itself, and is started again. `dep-back`: what it "
	"needs\n"
	"  has come up. The plan finds these, too.\n"
	"- `unhealthy`: its health checks or its watchdog failed. `extend`: "
	"it\n"
	"  asks for more time.\n"
	"- `there`: all that `wait-for` names. `condition` (here: they hold):\n"
	"  `start-if` and `assert` were looked at.\n"
	"\n"
	"A cell says which state is entered and what is done. SPAWN makes "
	"the\n"
	"process, TERM is the stop signal, `=` changes nothing, `BUG` cannot\n"
	"happen, is logged, and keeps the state, and an empty cell needs "
	"another\n"
	"wish. Nothing holds the service, what it requires is up (in "
	"`waiting`:\n"
	"still starting), `restart = always`, and `restart-delay` is not 0. "
	"The\n"
	"row of `done` is of a oneshot.\n";

static const char *const titles[] = {
	[WANT_DOWN] = "Wanted down, and held so far by what goes down first",
	[WANT_UP] = "Wanted up",
	[WANT_ONCE] = "Wanted once: its end is no reason to start it again",
};

static void
put_result(struct fmt *f, const struct one *one, enum svc_state before)
{
	enum svc_state after = (enum svc_state)one->svc[ONE].state;
	const struct plan_action *action = one_action(one);

	if (action && action->kind == ACTION_BUG) {
		fmt_str(f, "BUG");
		return;
	}
	fmt_str(f, after == before ? "=" : state_name(after));
	if (action && action->kind == ACTION_SPAWN)
		fmt_str(f, ", SPAWN");
	else if (action && action->kind == ACTION_RELOADED)
		fmt_str(f, ", answer");
	else if (action && action->kind == ACTION_HOOK_SIGNAL)
		fmt_str(f, ", KILL it");
	else if (action)
		fmt_str(f, action->arg == SIGKILL ? ", KILL" : ", TERM");
}

static void
put_row(struct fmt *f, enum svc_state state, enum svc_want want, unsigned first,
	unsigned last)
{
	enum svc_type type = state == SVC_DONE ? TYPE_ONESHOT : TYPE_PROCESS;

	if (one_is_nonsense(type, state, want, FATE_NONE))
		return;
	fmt_printf(f, "| **%s** |", state_name(state));
	for (unsigned e = first; e <= last; e++) {
		struct one one;

		one_init(&one, type, state, want, FATE_NONE);
		fmt_char(f, ' ');
		/* It is free to go only when it is to go. */
		if (e != EVENT_FREE || plan_is_leaving(&one.svc[ONE]) ||
			!cell_is_possible(state, EVENT_FREE)) {
			one_take(&one, (enum plan_event)e);
			put_result(f, &one, state);
		}
		fmt_str(f, " |");
	}
	fmt_char(f, '\n');
}

static void
put_table(struct fmt *f, enum svc_want want, unsigned first, unsigned last)
{
	fmt_str(f, "\n| |");
	for (unsigned e = first; e <= last; e++)
		fmt_printf(f, " %s |", event_name((enum plan_event)e));
	fmt_str(f, "\n|---|");
	for (unsigned e = first; e <= last; e++)
		fmt_str(f, "---|");
	fmt_char(f, '\n');
	for (unsigned s = 0; s < SVC_STATES; s++)
		put_row(f, (enum svc_state)s, want, first, last);
}

static void
make_page(void)
{
	struct fmt f;

	fmt_init(&f, made, sizeof(made));
	fmt_str(&f, intro);
#define STATE(number, symbol, word, meaning)                                   \
	fmt_printf(&f, "| %s | %d | %s |\n", word, number, meaning);
#include "lib/state.def"
#undef STATE
	fmt_str(&f, events);
	for (unsigned n = 0; n < SVC_WANTS; n++) {
		enum svc_want want = (enum svc_want)((n + WANT_UP) % SVC_WANTS);

		fmt_printf(&f, "\n## %s\n", titles[want]);
		put_table(&f, want, EVENT_START, EVENT_RESET);
		put_table(&f, want, EVENT_GO, EVENT_FREE);
		put_table(&f, want, EVENT_SPAWN_FAILED, EVENT_TIMEOUT);
		put_table(&f, want, EVENT_HOOK_EXITED, EVENT_MAIN);
		put_table(&f, want, EVENT_UNNEEDED, EVENT_CONDITION);
		put_table(&f, want, EVENT_UNHEALTHY, EVENT_EXTEND);
	}
	assert_false(f.is_cut);
}

static void
test_plan_states_are_those_of_the_page(void **state)
{
	const char *golden = getenv("TEND_GOLDEN");
	bool is_writing = golden && strcmp(golden, "write") == 0;
	FILE *file = fopen(PAGE, is_writing ? "w" : "r");
	size_t len;

	(void)state;
	assert_non_null(file);
	make_page();
	if (is_writing) {
		assert_true(fputs(made, file) >= 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	len = fread(kept, 1, sizeof(kept) - 1, file);
	kept[len] = '\0';
	fclose(file);
	if (strcmp(kept, made) != 0)
		fail_msg("%s is not what the code does; run `make states` and "
			 "read the difference",
			PAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_states_are_those_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
