/*
 * collect FIFO starts N CMD ARGS...: runs CMD, waits for N records of stamp,
 *     prints the microseconds from CMD's fork to the last one, and ends (CMD
 * goes on until the namespace ends). collect FIFO kills N CMD ARGS...: runs
 * CMD, waits for a record, then N times kills the stamp with SIGKILL and waits
 * for the next; prints median and 99th percentile of the microseconds from the
 * kill to main of the next. collect FIFO again N: kills only, of a stamp whose
 * record is in the FIFO; nothing is measured (for counting system calls
 * meanwhile). collect FIFO times N CMD ARGS...: runs CMD N times, one after
 * another; prints median and 99th percentile of the microseconds that it took.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/record.h"

#define SAMPLES_MAX 10000
/* Nothing that is measured here takes as long on any machine. */
#define PATIENCE_MS 30000
/* Between two kills, so that each is an event of its own. */
#define PAUSE_NS 2000000

static int64_t sample_ns[SAMPLES_MAX];

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct record
next_record(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	struct record record;

	if (poll(&poll_fd, 1, PATIENCE_MS) != 1 ||
		read(fd, &record, sizeof(record)) != sizeof(record)) {
		fputs("collect: nothing was started\n", stderr);
		exit(1);
	}
	return record;
}

static pid_t
run(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	return pid;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t
measure_starts(int fd, long count, char **command)
{
	int64_t begin_ns = now_ns();
	int64_t last_ns = begin_ns;

	run(command);
	for (long i = 0; i < count; i++) {
		struct record record = next_record(fd);
		if (record.started_ns > last_ns)
			last_ns = record.started_ns;
	}
	return last_ns - begin_ns;
}

static void
measure_kills(int fd, long count, struct record record)
{
	const struct timespec rest = {.tv_nsec = PAUSE_NS};

	for (long i = 0; i < count; i++) {
		nanosleep(&rest, NULL);
		int64_t kill_ns = now_ns();
		kill((pid_t)record.pid, SIGKILL);
		record = next_record(fd);
		sample_ns[i] = record.started_ns - kill_ns;
	}
	qsort(sample_ns, (size_t)count, sizeof(sample_ns[0]), compare);
}

static void
measure_times(long count, char **command)
{
	const struct timespec rest = {.tv_nsec = PAUSE_NS};

	for (long i = 0; i < count; i++) {
		int status = -1;

		nanosleep(&rest, NULL);
		int64_t begin_ns = now_ns();
		waitpid(run(command), &status, 0);
		sample_ns[i] = now_ns() - begin_ns;
		if (status != 0) {
			fputs("collect: it failed\n", stderr);
			exit(1);
		}
	}
	qsort(sample_ns, (size_t)count, sizeof(sample_ns[0]), compare);
}

static void
print_samples(long count)
{
	printf("%lld %lld\n", (long long)sample_ns[count / 2] / 1000,
		(long long)sample_ns[count * 99 / 100] / 1000);
}

int
main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	/* Held for writing too, so that it never ends. */
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);
	long count = strtol(argv[3], NULL, 10);
	if (fd < 0 || count < 1 || count > SAMPLES_MAX)
		return 2;

	if (strcmp(argv[2], "starts") == 0 && argc > 4) {
		printf("%lld\n",
			(long long)measure_starts(fd, count, argv + 4) / 1000);
	} else if (strcmp(argv[2], "kills") == 0 && argc > 4) {
		run(argv + 4);
		measure_kills(fd, count, next_record(fd));
		print_samples(count);
	} else if (strcmp(argv[2], "times") == 0 && argc > 4) {
		measure_times(count, argv + 4);
		print_samples(count);
	} else if (strcmp(argv[2], "again") == 0) {
		measure_kills(fd, count, next_record(fd));
	} else {
		return 2;
	}
	return 0;
}
