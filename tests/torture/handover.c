/*
 * handover BUILD DIR: more children of init die than it can tell of at once,
 * services among them, while no supervisor listens. All exits of services are
 * known afterwards, with their status, and no zombie is left.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/state.h"
#include "tests/torture/arena.h"
#include "tests/torture/expect.h"
#include "tests/torture/look.h"
#include "tests/torture/request.h"

/* The pair holds some 280 messages. */
#define ORPHANS	 5000
#define WAITING	 (ORPHANS / 2)
#define SERVICES 10 /* every other one is not restarted */

enum absence {
	BEFORE_IT_BEGINS,   /* it is dead, and the next one held up */
	WHILE_IT_SERVES,    /* it is stopped, and goes on */
	BEFORE_IT_IS_KILLED /* it is stopped, then killed */
};

static const char *const absences[] = {
	"before it begins", "while it serves", "before it is killed"};

static enum absence absence;
static int orphans_fd; /* closed: they end */
static unsigned zombies_seen;

static bool
must(bool is_so, const char *what)
{
	if (is_so)
		return true;
	expect_faults.other++;
	printf("# %s: %s\n", absences[absence], what);
	return false;
}

static int
status_of(int n)
{
	return (n + 1) * 7;
}

static void
define_all(void)
{
	char name[16], mode[16];

	expect_reset();
	arena_define("base", "steady", "");
	expect_service("base", 1, SVC_UP);
	for (int i = 0; i < SERVICES; i++) {
		snprintf(name, sizeof(name), "end%d", i);
		snprintf(mode, sizeof(mode), "end %d", status_of(i));
		arena_define(name, mode,
			i % 2 ? "restart = never\n" : "restart-delay = 0\n");
		expect_service(name, 1, SVC_UP);
	}
}

/* They fall to PID 1 when their parent ends. */
static void
make_orphans(void)
{
	int ends[2], status;
	char byte;
	pid_t parent;

	if (pipe(ends) != 0)
		exit(2);
	parent = fork();
	if (parent == 0) {
		close(ends[1]);
		for (int i = 0; i < ORPHANS; i++) {
			pid_t pid = fork();

			if (pid > 0)
				continue;
			while (pid == 0 && read(ends[0], &byte, 1) > 0)
				;
			_exit(pid == 0 ? 0 : 1);
		}
		_exit(0);
	}
	close(ends[0]);
	orphans_fd = ends[1];
	must(waitpid(parent, &status, 0) == parent && status == 0,
		"not enough orphans can be made");
}

static unsigned
zombies(void)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	unsigned n = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		n += pid > 0 && look_process(pid).state == 'Z';
	}
	if (dir)
		closedir(dir);
	return n;
}

static bool
is_pair_full(void)
{
	zombies_seen = zombies();
	return zombies_seen >= WAITING;
}

static bool
are_zombies_gone(void)
{
	return zombies() == 0;
}

static void
end_services(void)
{
	for (int i = 0; i < SERVICES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "end%d", i);
		kill(look_ward(name)->pid, SIGUSR2);
		if (i % 2)
			expect_starts(name, 0, 0, SVC_FAILED);
		else
			expect_starts(name, 1, 1, SVC_UP);
	}
}

static void
check_statuses(void)
{
	for (int i = 0; i < SERVICES; i++) {
		struct page_entry entry = {0};
		char name[16];

		snprintf(name, sizeof(name), "end%d", i);
		look_entry(name, &entry);
		if ((entry.flags & PAGE_HAS_EXIT) != 0 &&
			entry.exit_status == status_of(i) << 8)
			continue;
		printf("# %s: status %#x, %#x expected\n", name,
			(unsigned)entry.exit_status,
			(unsigned)status_of(i) << 8);
		must(false, "a status is lost");
	}
}

/* Returns who is to go on afterwards, 0 for nobody. */
static pid_t
begin_absence(void)
{
	pid_t pid = look_supervisor();

	if (absence != BEFORE_IT_BEGINS) {
		kill(pid, SIGSTOP);
		return pid;
	}
	arena_hold(true);
	kill(pid, SIGKILL);
	pid = arena_wait_held();
	arena_hold(false);
	return pid;
}

static void
end_absence(pid_t pid)
{
	if (absence == BEFORE_IT_IS_KILLED)
		kill(pid, SIGKILL);
	else
		kill(pid, SIGCONT);
	if (absence != WHILE_IT_SERVES)
		must(look_await_successor(), "none comes after it");
}

static int
drive(void)
{
	bool is_good;
	pid_t pid;

	/* The first one that dies: from then on init tells. */
	must(look_await_successor() && expect_check("start"), "no start");
	look_note_supervisor();
	arena_kill_supervisor(look_supervisor());
	must(look_await_successor(), "none comes after the first");
	look_note_supervisor();
	make_orphans();
	pid = begin_absence();
	must(pid != 0, "no supervisor is held up");
	/* Before the services, so that they come last. */
	close(orphans_fd);
	must(look_until(is_pair_full), "init has reaped too many");
	end_services();
	end_absence(pid);
	must(request_ping(), "it does not answer");
	is_good = expect_check(absences[absence]);
	check_statuses();
	is_good = must(look_until(are_zombies_gone), "zombies are left") &&
		  is_good && expect_faults.other == 0;
	if (!is_good)
		arena_show_console();
	printf("%sok %d - %d orphans and %d services end %s: %u of them waited "
	       "to be reaped; %u lost, %u doubled, %u restarted without "
	       "reason, %u other faults\n",
		is_good ? "" : "not ", (int)absence + 1, ORPHANS, SERVICES,
		absences[absence], zombies_seen, expect_faults.lost,
		expect_faults.doubled, expect_faults.restarted,
		expect_faults.other);
	return !is_good;
}

int
main(int argc, char **argv)
{
	bool is_good = true;

	if (argc != 3)
		return 2;
	arena.build = argv[1];
	arena.dir = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("1..3");
	for (int n = 0; n < 3; n++) {
		absence = (enum absence)n;
		look_reset();
		if (!arena_clear())
			return 1;
		define_all();
		is_good = arena_run(drive) == 0 && is_good;
	}
	return is_good ? 0 : 1;
}
