/*
 * storm [-a] [-k KILLS] [-s SEED] [-t SECONDS] BUILD DIR
 *
 * Kills the supervisor at random moments while 200 services run, crash, ignore
 * TERM, and are started, stopped and restarted by svctl: so many times, then
 * until so many seconds are over. -a: without init, and then no svctl is under
 * way meanwhile. DIR is made and filled.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/state.h"
#include "tests/torture/arena.h"
#include "tests/torture/expect.h"
#include "tests/torture/look.h"
#include "tests/torture/request.h"

#define STEADY	  120
#define CRASHING  40
#define COMMANDED 40 /* every other one ignores TERM */
/* svctl's that are under way at once. */
#define CLIENTS 16
/* A kill comes so much later than the last one, at most. */
#define PAUSE_MOST_US 20000u

static unsigned kills_least = 200;
static unsigned long seconds;

static unsigned kills;
static unsigned requests;
static unsigned longest_ms;

/* A service that svctl commands. */
static struct target {
	char name[16];
	bool is_up;	  /* after the last command, and the one under way */
	pid_t client;	  /* svctl, 0: none is under way */
	const char *verb; /* of the last one */
} targets[COMMANDED];

static void
define_all(void)
{
	char name[16];

	expect_reset();
	/* For request_ping(). */
	arena_define("base", "steady", "");
	expect_service("base", 1, SVC_UP);
	for (int i = 0; i < STEADY; i++) {
		snprintf(name, sizeof(name), "steady%d", i);
		arena_define(name, i % 3 ? "steady" : "tree",
			i % 2 ? "" : "log = file\n");
		expect_service(name, 1, SVC_UP);
	}
	for (int i = 0; i < CRASHING; i++) {
		snprintf(name, sizeof(name), "crash%d", i);
		arena_define(name, i % 2 ? "crash 30" : "crash 200",
			"restart-delay = 0.1\n");
		expect_service(name, 1, EXPECT_ANY);
	}
	for (int i = 0; i < COMMANDED; i++) {
		struct target *t = &targets[i];

		*t = (struct target){.is_up = true};
		snprintf(t->name, sizeof(t->name), "target%d", i);
		arena_define(t->name, i % 2 ? "deaf" : "steady",
			"stop-timeout = 50ms\n");
		expect_service(t->name, 1, SVC_UP);
	}
}

static bool
must(bool is_so, const char *what)
{
	if (is_so)
		return true;
	expect_faults.other++;
	printf("# kill %u: %s\n", kills, what);
	return false;
}

static void
command(struct target *t)
{
	static const char *const verbs[] = {"restart", "start", "stop"};
	char program[ARENA_PATH_CAP];
	bool was_up = t->is_up;

	t->verb = verbs[random() % 3];
	t->is_up = strcmp(t->verb, "stop") != 0;
	expect_starts(t->name,
		strcmp(t->verb, "restart") == 0 || (t->is_up && !was_up),
		strcmp(t->verb, "restart") == 0 || (t->is_up && !was_up),
		t->is_up ? SVC_UP : SVC_DOWN);
	requests++;
	t->client = fork();
	if (t->client != 0)
		return;
	snprintf(program, sizeof(program), "%s/svctl", arena.build);
	execl(program, "svctl", "--timeout", "60s", "-r", arena_path("run"),
		t->verb, t->name, (char *)NULL);
	_exit(127);
}

static unsigned
under_way(void)
{
	unsigned n = 0;

	for (int i = 0; i < COMMANDED; i++)
		n += targets[i].client != 0;
	return n;
}

static void
collect_clients(void)
{
	int status;

	for (int i = 0; i < COMMANDED; i++) {
		struct target *t = &targets[i];

		if (t->client == 0 ||
			waitpid(t->client, &status, WNOHANG) != t->client)
			continue;
		t->client = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		printf("# svctl %s %s: status %#x\n", t->verb, t->name,
			(unsigned)status);
		must(false, "svctl failed");
	}
}

static bool
are_clients_done(void)
{
	collect_clients();
	return under_way() == 0;
}

/* A start counts once the ward has written it: only then the next command. */
static bool
is_free(const struct target *t)
{
	return t->client == 0 && expect_is_true_of(t->name);
}

static void
command_some(void)
{
	for (int tries = 0; tries < 2 * CLIENTS && under_way() < CLIENTS;
		tries++) {
		struct target *t = &targets[random() % COMMANDED];

		if (is_free(t))
			command(t);
	}
}

static void
pause_at_random(void)
{
	const struct timespec pause = {
		.tv_nsec = (long)((unsigned)random() % PAUSE_MOST_US) * 1000};

	nanosleep(&pause, NULL);
}

static bool
kill_one(void)
{
	uint64_t from_ms;
	pid_t pid;

	collect_clients();
	if (!arena.is_alone)
		command_some();
	pause_at_random();
	pid = look_supervisor();
	if (!must(pid != 0, "no supervisor serves"))
		return false;
	look_note_supervisor();
	from_ms = look_ms();
	kills++;
	arena_kill_supervisor(pid);
	if (!must(look_await_successor(), "none comes after it"))
		return false;
	if (look_ms() - from_ms > longest_ms)
		longest_ms = (unsigned)(look_ms() - from_ms);
	if (arena.is_alone) {
		command_some();
		must(look_until(are_clients_done), "svctl does not end");
	}
	return true;
}

static bool
do_crashes_go_on(void)
{
	static unsigned seen[CRASHING];
	static bool has_seen;
	bool is_so = true;

	for (int i = 0; i < CRASHING; i++) {
		char name[16];
		const struct look_ward *ward;

		snprintf(name, sizeof(name), "crash%d", i);
		ward = look_ward(name);
		if (!has_seen)
			seen[i] = ward ? ward->starts : 0;
		is_so = is_so && ward && ward->starts > seen[i];
	}
	has_seen = true;
	return is_so;
}

static int
drive(void)
{
	uint64_t end_ms = look_ms() + seconds * 1000;
	bool is_good = false;

	signal(SIGPIPE, SIG_IGN);
	arena_start_supervisor();
	if (must(look_await_successor(), "no supervisor serves at all") &&
		expect_check("start"))
		do
			is_good = kill_one();
		while (is_good && expect_faults.other == 0 &&
			(kills < kills_least || look_ms() < end_ms));
	must(look_until(are_clients_done), "svctl does not end");
	must(request_ping(), "it does not answer");
	expect_check("at the end");
	must(look_until(do_crashes_go_on), "a crashing one is down");
	is_good = expect_faults.lost + expect_faults.doubled +
			  expect_faults.restarted + expect_faults.other ==
		  0;
	if (!is_good)
		arena_show_console();
	printf("%sok 1 - %u kills at random%s, %u requests: %u lost, %u "
	       "doubled, %u restarted without reason, %u other faults; served "
	       "again after %u ms at most\n",
		is_good ? "" : "not ", kills,
		arena.is_alone ? " without init" : "", requests,
		expect_faults.lost, expect_faults.doubled,
		expect_faults.restarted, expect_faults.other, longest_ms);
	return !is_good;
}

int
main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "ak:s:t:")) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (option == 'a')
			arena.is_alone = true;
		else if (option == 'k')
			kills_least = (unsigned)number;
		else if (option == 's')
			srandom((unsigned)number);
		else if (option == 't')
			seconds = number;
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	arena.build = argv[optind];
	arena.dir = argv[optind + 1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("1..1");
	if (!arena_clear())
		return 1;
	define_all();
	return arena_run(drive);
}
