/*
 * killpoints [-a | -r] [-o NUMBER] [-s SEED [-n COUNT] [-t SECONDS]] BUILD DIR
 *
 * Kills the supervisor at each system call of each operation, once at its entry
 * and once at its exit, and looks whether the next one makes all of it true.
 * -a: without init; -r: the operations are those of a supervisor that starts;
 * -o: that one alone. -s: COUNT kills of each at random instructions instead;
 * -t: again and again. DIR is made and filled.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/state.h"
#include "tests/torture/arena.h"
#include "tests/torture/expect.h"
#include "tests/torture/look.h"
#include "tests/torture/ops.h"
#include "tests/torture/request.h"
#include "tests/torture/trace.h"

/* An operation with so many faults is given up. */
#define FAULTS_MOST 3
#define POINTS_MOST 4096
/* Most of what lies between two system calls is shorter. */
#define INSTRUCTIONS 4000
/* So long svctl waits for the result of another supervisor. */
#define REPEAT_MS    1000
#define LENGTH_TRIES 20

static bool is_random;
static unsigned random_points = 10; /* of an operation */
static const struct op *op;
static unsigned test_number;

/* Kill points of the operation, and how long it took to serve again. */
static unsigned points;
static unsigned recovery_ms[POINTS_MOST];

static bool
is_complete(void)
{
	return request_is_answered() && expect_is_true();
}

static bool
must(bool is_so, const char *what)
{
	if (is_so)
		return true;
	expect_faults.other++;
	printf("# %s: %s\n", op->name, what);
	return false;
}

static void
must_be_done(bool was_killed)
{
	int code = request_result();

	if (code == 0 || (code == 1 && was_killed && op->may_fail))
		return;
	expect_faults.other++;
	printf("# %s: the request failed: %d\n", op->name, code);
}

static bool
prepare(void)
{
	const struct op_effect *e = &op->reset_effect;

	if (!op->reset)
		return true;
	expect_starts(e->name, e->starts, e->starts, e->state);
	return must(request_send(op->reset, false) && request_result() == 0,
		       "it cannot be prepared") &&
	       expect_check("preparing");
}

static void
provoke(unsigned round)
{
	if (op->is_edit)
		ops_edit(round);
	ops_expect(op, round);
	if (op->victim)
		kill(look_ward(op->victim)->pid, SIGKILL);
	if (op->request)
		request_send(op->request, op->is_bare);
}

/* Stopped and traced, with the operation before it. 0: that went wrong. */
static pid_t
begin(unsigned round)
{
	pid_t pid = look_supervisor();

	if (!must(pid != 0, "no supervisor serves") || !prepare())
		return 0;
	look_note_supervisor();
	if (op->is_recovery) {
		kill(pid, SIGSTOP);
		provoke(round);
		arena_hold(true);
		kill(pid, SIGKILL);
		pid = arena_wait_held();
		arena_hold(false);
		return must(pid != 0, "no supervisor is started") &&
				       trace_attach(pid)
			       ? pid
			       : 0;
	}
	if (!must(trace_attach(pid), "it cannot be traced"))
		return 0;
	provoke(round);
	return pid;
}

static void
recover(unsigned stop)
{
	uint64_t from_ms = look_ms();
	char what[256];

	snprintf(what, sizeof(what), "%s, killed at stop %u, %s", op->name,
		stop, trace_where());
	arena_start_supervisor();
	if (!must(look_await_successor(), "no supervisor comes after it"))
		return;
	if (points < POINTS_MOST)
		recovery_ms[points] = (unsigned)(look_ms() - from_ms);
	points++;
	/* The guard of an upgrade starts one as well: one of them goes. */
	must(!arena.is_alone || look_until(look_is_single),
		"there is more than one supervisor");
	/* As late as svctl does it: what was half done would be done twice. */
	if (!request_is_answered())
		look_until_ms(expect_is_settled, REPEAT_MS);
	request_repeat();
	if (op->request)
		must_be_done(true);
	must(request_ping(), "it does not answer");
	/* The line may have gone with who had read it. */
	if (op->is_bare)
		expect_one_less(op->effects[0].name);
	expect_check(what);
}

static unsigned
faults(void)
{
	return expect_faults.lost + expect_faults.doubled +
	       expect_faults.restarted + expect_faults.other;
}

/* False: the operation came to its end before, or went wrong. */
static bool
kill_at(unsigned stop, unsigned instructions, unsigned round)
{
	pid_t pid = begin(round);

	if (pid == 0)
		return false;
	switch (trace_run(pid, stop, instructions, is_complete)) {
	case TRACE_KILLED:
		recover(stop);
		return faults() < FAULTS_MOST;
	case TRACE_DONE:
		if (op->request)
			must_be_done(false);
		expect_check(op->name);
		return false;
	case TRACE_ENDED:
		must(false, "the supervisor ended by itself");
		return false;
	case TRACE_LATE:
		must(false, "it was not done in time");
		expect_check(op->name);
		break;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	return (int)*(const unsigned *)a - (int)*(const unsigned *)b;
}

static void
report(void)
{
	unsigned n = points < POINTS_MOST ? points : POINTS_MOST;

	qsort(recovery_ms, n, sizeof(recovery_ms[0]), compare);
	if (faults() != 0)
		arena_show_console();
	printf("%sok %u - %s: %u kill points; %u lost, %u doubled, %u "
	       "restarted without reason, %u other faults; served again "
	       "after %u ms, at most %u\n",
		faults() == 0 && n > 0 ? "" : "not ", test_number, op->name,
		points, expect_faults.lost, expect_faults.doubled,
		expect_faults.restarted, expect_faults.other,
		n ? recovery_ms[n / 2] : 0, n ? recovery_ms[n - 1] : 0);
}

/* Init tells of deaths once a supervisor has died: let one do so untraced. */
static bool
begin_arena(void)
{
	arena_start_supervisor();
	if (!must(look_await_successor(), "no supervisor serves at all") ||
		!expect_check("start"))
		return false;
	look_note_supervisor();
	arena_kill_supervisor(look_supervisor());
	return must(look_await_successor(), "none comes after the first") &&
	       expect_check("the first kill");
}

static void
kill_everywhere(void)
{
	for (unsigned stop = 1; stop < POINTS_MOST; stop++)
		if (!kill_at(stop, 0, stop))
			break;
}

/* Between two system calls it is killed in the middle of what it writes into
 * journal and page. */
static void
kill_at_random(void)
{
	unsigned length = 0;

	/* How long it is. On a busy machine all may be over before the first
	 * stop. */
	for (unsigned n = 0; n < LENGTH_TRIES && length == 0; n++) {
		kill_at(UINT_MAX, 0, 1);
		length = trace_stops();
		if (faults() != 0)
			return;
	}
	/* Some come to their end before. */
	for (unsigned n = 1;
		n <= 10 * random_points && length > 0 && points < random_points;
		n++) {
		unsigned stop = 1 + (unsigned)random() % length;
		unsigned instructions = (unsigned)random() % INSTRUCTIONS;

		kill_at(stop, instructions, n + 1);
		if (faults() >= FAULTS_MOST)
			break;
	}
}

static int
drive(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (begin_arena()) {
		if (is_random)
			kill_at_random();
		else
			kill_everywhere();
	}
	report();
	return faults() != 0;
}

static bool
run_op(const struct op *next)
{
	op = next;
	test_number++;
	look_reset();
	/* The same for each operation, whatever those before it needed. */
	srandom((unsigned)random());
	if (!arena_clear())
		return false;
	ops_define(true);
	return arena_run(drive) == 0;
}

static bool
is_asked_for(unsigned n, unsigned only, bool is_recovery)
{
	if (only)
		return only == n + 1;
	if (is_random && !arena.is_alone)
		return true;
	return ops[n].is_recovery == is_recovery;
}

int
main(int argc, char **argv)
{
	unsigned only = 0;
	bool is_recovery = false, is_good = true;
	uint64_t end_ms = look_ms();
	int option;

	while ((option = getopt(argc, argv, "arn:o:s:t:")) != -1) {
		unsigned number =
			optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		if (option == 'a')
			arena.is_alone = true;
		else if (option == 'r')
			is_recovery = true;
		else if (option == 'n')
			random_points = number;
		else if (option == 'o')
			only = number;
		else if (option == 't')
			end_ms += (uint64_t)number * 1000;
		else if (option == 's')
			srandom(number);
		else
			return 2;
		is_random = is_random || option == 's';
	}
	if (argc - optind != 2)
		return 2;
	arena.build = argv[optind];
	arena.dir = argv[optind + 1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		for (unsigned n = 0; n < op_count; n++)
			if (is_asked_for(n, only, is_recovery))
				is_good = run_op(&ops[n]) && is_good;
	} while (is_random && look_ms() < end_ms);
	printf("1..%u\n", test_number);
	return is_good ? 0 : 1;
}
