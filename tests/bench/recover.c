/*
 * usage: recover STATUS CONTROL kill|upgrade ROUNDS
 *
 * The time from the SIGKILL of the supervisor, or from the request for an
 * upgrade in place, to the next one that serves, as the page shows it. Prints
 * "MEDIAN WORST" in microseconds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/page.h"

#define ROUNDS_MAX 1000
#define GIVE_UP_US 60000000

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static const struct page_header *
map_page(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *base = MAP_FAILED;

	if (fd >= 0)
		base = mmap(NULL, sizeof(struct page_header), PROT_READ,
			MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	close(fd);
	return base;
}

static bool
serves(const struct page_header *h, uint32_t served)
{
	return __atomic_load_n(&h->served, __ATOMIC_ACQUIRE) != served &&
	       (__atomic_load_n(&h->flags, __ATOMIC_ACQUIRE) & PAGE_SERVING) !=
		       0;
}

static void
provoke(const struct page_header *h, const char *control, bool is_kill)
{
	int fd;

	if (is_kill) {
		kill(h->supervisor_pid, SIGKILL);
		return;
	}
	fd = open(control, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "upgrade\n", 8) != 8) {
		perror(control);
		exit(1);
	}
	close(fd);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	static uint64_t times[ROUNDS_MAX];
	const struct timespec pause = {.tv_nsec = 200000000};
	const struct page_header *h;
	int rounds = argc == 5 ? (int)strtol(argv[4], NULL, 10) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fputs("usage: recover STATUS CONTROL kill|upgrade ROUNDS\n",
			stderr);
		return 2;
	}
	h = map_page(argv[1]);
	for (int i = 0; i < rounds; i++) {
		uint32_t served = h->served;
		uint64_t from = now_us();

		provoke(h, argv[2], strcmp(argv[3], "kill") == 0);
		while (!serves(h, served))
			if (now_us() - from > GIVE_UP_US) {
				fputs("nobody serves\n", stderr);
				return 1;
			}
		times[i] = now_us() - from;
		nanosleep(&pause, NULL);
	}
	qsort(times, (size_t)rounds, sizeof(times[0]), compare);
	printf("%llu %llu\n", (unsigned long long)times[rounds / 2],
		(unsigned long long)times[rounds - 1]);
	return 0;
}
