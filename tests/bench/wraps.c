/*
 * What a PID 1 with one command costs, for wraps.sh.
 *
 * wraps starts ROUNDS pid1|child TRUE PROGRAM...: TRUE alone, and PROGRAM --
 * TRUE for each of them by turns, from the vfork until the end; prints the
 * median of each, in us. As PID 1 of a new namespace or as any process.
 * wraps orphans COUNT: as the command of a PID 1; so many children of PID 1
 * that end at once. Prints the CPU us of PID 1 for each, and how many zombies
 * there were at most.
 * wraps signals COUNT: as the command of a PID 1, which gets so many signals
 * from it and passes them on to it. Prints median and 99th percentile, in us.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS_MAX 16
#define SAMPLES_MAX  100000

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void
nap(long us)
{
	const struct timespec t = {us / 1000000, us % 1000000 * 1000};

	nanosleep(&t, NULL);
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts them. */
static double
percentile_us(int64_t *ns, long count, long percent)
{
	long at = (count - 1) * percent / 100;

	qsort(ns, (size_t)count, sizeof *ns, compare);
	return (double)ns[at] / 1000.0;
}

/* --- starts ------------------------------------------------------------- */

static int
become(void *argv)
{
	char **command = argv;

	execv(command[0], command);
	_exit(127);
}

static int64_t
time_one(char **command, int flags)
{
	static _Alignas(16) char stack[8192];
	int64_t begun = now_ns();
	int status;
	pid_t pid = clone(become, stack + sizeof stack,
		flags | CLONE_VM | CLONE_VFORK | SIGCHLD, command);

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "wraps: %s: failed\n", command[0]);
		exit(1);
	}
	return now_ns() - begun;
}

static int
run_starts(long rounds, bool is_pid1, char **argv, int count)
{
	static int64_t took[PROGRAMS_MAX][SAMPLES_MAX];
	static char dashes[] = "--";
	int flags = is_pid1 ? CLONE_NEWPID : 0;

	if (count > PROGRAMS_MAX || rounds > SAMPLES_MAX)
		return 2;
	/* The first round is to warm up. */
	for (long round = -1; round < rounds; round++)
		for (int i = 0; i < count; i++) {
			char *alone[] = {argv[0], NULL};
			char *wrapped[] = {argv[i], dashes, argv[0], NULL};

			took[i][round < 0 ? 0 : round] =
				time_one(i == 0 ? alone : wrapped, flags);
		}
	for (int i = 0; i < count; i++)
		printf("%.1f ", percentile_us(took[i], rounds, 50));
	printf("\n");
	return 0;
}

/* --- orphans ------------------------------------------------------------ */

#define STACKS	   1024
#define STACK_SIZE 2048

static struct {
	int alive; /* in its own eyes */
	int base;  /* processes of the machine before */
	int most;
} orphans;

static int
count_processes(void)
{
	struct sysinfo info;

	return syscall(SYS_sysinfo, &info) < 0 ? 0 : info.procs;
}

/* In memory of all of them: no C library that keeps something of its own. */
static int
be_orphan(void *unused)
{
	int dead, most = __atomic_load_n(&orphans.most, __ATOMIC_RELAXED);

	(void)unused;
	dead = count_processes() - orphans.base -
	       __atomic_fetch_sub(&orphans.alive, 1, __ATOMIC_SEQ_CST);
	while (dead > most &&
		!__atomic_compare_exchange_n(&orphans.most, &most, dead, true,
			__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	syscall(SYS_exit, 0);
	return 0;
}

static int64_t
cpu_ns_of_parent(void)
{
	char path[64], text[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)getppid());
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (n <= 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	text[n] = '\0';
	return strtoll(text, NULL, 10);
}

static int
run_orphans(long count)
{
	static _Alignas(16) char stacks[STACKS][STACK_SIZE];
	int64_t begun_ns;
	pid_t last = 0;

	/* What comes before is not to be counted. */
	nap(20000);
	orphans.base = count_processes();
	begun_ns = cpu_ns_of_parent();
	for (long i = 0; i < count; i++) {
		/* Their stacks are used again in turn. */
		while (__atomic_load_n(&orphans.alive, __ATOMIC_SEQ_CST) >=
			STACKS / 4)
			sched_yield();
		__atomic_fetch_add(&orphans.alive, 1, __ATOMIC_SEQ_CST);
		last = clone(be_orphan, stacks[i % STACKS] + STACK_SIZE,
			CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
		if (last < 0) {
			perror("wraps: clone");
			return 1;
		}
	}
	while (kill(last, 0) == 0)
		nap(1000);
	nap(20000);
	printf("%.2f %d\n",
		(double)(cpu_ns_of_parent() - begun_ns) / 1000.0 /
			(double)count,
		orphans.most);
	return 0;
}

/* --- signals ------------------------------------------------------------ */

/* On one processor: else it counts where the scheduler has put whom. */
static void
stay_here(pid_t other)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((unsigned)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
	sched_setaffinity(other, sizeof one, &one);
}

static int
run_signals(long count)
{
	static int64_t took[SAMPLES_MAX];
	pid_t pid1 = getppid();
	sigset_t set;
	siginfo_t got;

	if (count > SAMPLES_MAX)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	stay_here(pid1);
	nap(20000);
	for (long i = 0; i < count; i++) {
		int64_t begun = now_ns();

		kill(pid1, SIGUSR1);
		if (sigwaitinfo(&set, &got) != SIGUSR1) {
			perror("wraps: sigwaitinfo");
			return 1;
		}
		took[i] = now_ns() - begun;
		/* It waits again, and so do the processors. */
		nap(100);
	}
	printf("%.1f ", percentile_us(took, count, 50));
	printf("%.1f\n", percentile_us(took, count, 99));
	return 0;
}

int
main(int argc, char **argv)
{
	long count = argc >= 3 ? strtol(argv[2], NULL, 10) : 0;

	if (count > 0 && argc == 3 && strcmp(argv[1], "orphans") == 0)
		return run_orphans(count);
	if (count > 0 && argc == 3 && strcmp(argv[1], "signals") == 0)
		return run_signals(count);
	if (count > 0 && argc >= 5 && strcmp(argv[1], "starts") == 0)
		return run_starts(count, strcmp(argv[3], "pid1") == 0, argv + 4,
			argc - 4);
	return 2;
}
