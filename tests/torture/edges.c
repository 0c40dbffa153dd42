/*
 * edges boot|end BUILD DIR: kills the supervisor at each system call of the
 * first start of everything, or of the end of everything, in a new namespace
 * each time. DIR is made and filled.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/state.h"
#include "tests/torture/arena.h"
#include "tests/torture/expect.h"
#include "tests/torture/look.h"
#include "tests/torture/ops.h"
#include "tests/torture/request.h"
#include "tests/torture/trace.h"

#define FAULTS_MOST 3
/* What a driver of the end that PID 1 outlives returns. */
#define TOO_LATE 9

/* What the driver tells, and what was there before it ended. */
static struct shared {
	unsigned stop;	  /* to be killed at */
	bool was_reached; /* it was killed there */
	char where[64];
	struct expect_faults faults;
} * shared;

static bool is_boot;

static bool
must(bool is_so, const char *what)
{
	if (is_so)
		return true;
	shared->faults.other++;
	printf("# killed at stop %u, %s: %s\n", shared->stop, shared->where,
		what);
	return false;
}

static bool
is_done(void)
{
	return is_boot && expect_is_true();
}

static void
run_to_stop(pid_t pid)
{
	enum trace_end end = trace_run(pid, shared->stop, 0, is_done);

	shared->was_reached = end == TRACE_KILLED;
	snprintf(shared->where, sizeof(shared->where), "%s", trace_where());
	/* It may end by itself, a moment before PID 1 does. */
	must(end == TRACE_KILLED || end == (is_boot ? TRACE_DONE : TRACE_ENDED),
		"it was not done");
}

/* The first of all supervisors waits in the gate. */
static int
drive_boot(void)
{
	pid_t pid = arena_wait_held();

	arena_hold(false);
	if (!must(pid != 0, "no supervisor is started") ||
		!must(trace_attach(pid), "it cannot be traced"))
		return 1;
	run_to_stop(pid);
	if (must(look_await_successor(), "no supervisor serves"))
		must(request_ping(), "it does not answer");
	expect_check(shared->where);
	shared->faults.lost += expect_faults.lost;
	shared->faults.doubled += expect_faults.doubled;
	shared->faults.restarted += expect_faults.restarted;
	shared->faults.other += expect_faults.other;
	return 0;
}

/* PID 1 ends, and so do we: what came of it, others see. */
static int
drive_end(void)
{
	pid_t pid;

	if (!must(look_await_successor() && expect_check("start"), "no start"))
		return TOO_LATE;
	/* Init tells of deaths once a supervisor has died. */
	look_note_supervisor();
	arena_kill_supervisor(look_supervisor());
	must(look_await_successor(), "none comes after the first");
	pid = look_supervisor();
	if (!must(trace_attach(pid), "it cannot be traced"))
		return TOO_LATE;
	snprintf(shared->where, sizeof(shared->where), "not killed");
	kill(1, SIGTERM);
	run_to_stop(pid);
	sleep(LOOK_PATIENCE_MS / 1000);
	return TOO_LATE;
}

static int
drive(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return is_boot ? drive_boot() : drive_end();
}

static void
define_polite(void)
{
	expect_reset();
	arena_define("base", "polite", "");
	arena_define("above", "polite", "requires = base\n");
	arena_define("top", "polite", "requires = above\n");
	arena_define("other", "polite", "");
	expect_service("base", 1, SVC_UP);
	expect_service("above", 1, SVC_UP);
	expect_service("top", 1, SVC_UP);
	expect_service("other", 1, SVC_UP);
}

static void
judge_end(int status)
{
	static const char *const names[] = {"top", "above", "base", "other"};
	unsigned before = 0;

	must(status == 0, "init did not end with 0");
	for (int i = 0; i < 4; i++) {
		const struct look_ward *ward = look_ward(names[i]);

		shared->faults.doubled += ward->doubles;
		shared->faults.restarted += ward->starts - 1;
		if (must(ward->ended != 0, "a service was not stopped") &&
			i < 3)
			must(ward->ended > before, "the order is wrong");
		before = ward->ended;
	}
}

static unsigned
faults(void)
{
	return shared->faults.lost + shared->faults.doubled +
	       shared->faults.restarted + shared->faults.other;
}

/* False: all was done before it was reached, or it went wrong. */
static bool
kill_at(unsigned stop)
{
	int status;

	shared->stop = stop;
	shared->was_reached = false;
	look_reset();
	if (!arena_clear())
		return must(false, "no arena");
	if (is_boot)
		ops_define(false);
	else
		define_polite();
	arena_hold(is_boot);
	status = arena_run(drive);
	if (is_boot)
		must(status == 0, "the driver failed");
	else
		judge_end(status);
	return shared->was_reached && faults() < FAULTS_MOST;
}

int
main(int argc, char **argv)
{
	unsigned stop = 1;

	if (argc != 4)
		return 2;
	is_boot = strcmp(argv[1], "boot") == 0;
	arena.is_to_end = !is_boot;
	arena.build = argv[2];
	arena.dir = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("1..1");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	while (kill_at(stop))
		stop++;
	if (faults() != 0)
		arena_show_console();
	printf("%sok 1 - %s: %u kill points; %u lost, %u doubled, %u restarted "
	       "without reason, %u other faults\n",
		faults() == 0 && stop > 1 ? "" : "not ", argv[1], stop - 1,
		shared->faults.lost, shared->faults.doubled,
		shared->faults.restarted, shared->faults.other);
	return faults() != 0;
}
