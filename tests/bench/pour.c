/*
 * pour BYTES WRITE FIFO...: writes BYTES into each FIFO, in writes of WRITE
 * bytes of lines of 100, whoever has room first; prints the microseconds until
 * all of them have been read empty. The FIFOs have their readers already.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIFOS_MAX 4096
#define LINE	  100
#define LOOK_NS	  200000

static struct pollfd fifo[FIFOS_MAX];
static size_t left[FIFOS_MAX];
static char block[65536];

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void
fail(const char *what)
{
	fprintf(stderr, "pour: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
open_all(char **names, size_t count, size_t bytes)
{
	for (size_t i = 0; i < count; i++) {
		fifo[i].fd = open(names[i], O_WRONLY | O_NONBLOCK);
		if (fifo[i].fd < 0)
			fail(names[i]);
		fifo[i].events = POLLOUT;
		left[i] = bytes;
	}
}

static void
pour(size_t count, size_t size)
{
	size_t open = count;

	while (open > 0) {
		if (poll(fifo, count, -1) < 0)
			fail("poll");
		for (size_t i = 0; i < count; i++) {
			size_t most = left[i] < size ? left[i] : size;
			ssize_t n;

			if ((fifo[i].revents & POLLOUT) == 0)
				continue;
			n = write(fifo[i].fd, block, most);
			if (n < 0 && errno == EAGAIN)
				continue;
			if (n < 0)
				fail("write");
			left[i] -= (size_t)n;
			if (left[i] == 0) {
				fifo[i].events = 0;
				open--;
			}
		}
	}
}

static void
wait_until_empty(size_t count)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};

	for (size_t i = 0; i < count; i++) {
		int bytes;

		for (;;) {
			if (ioctl(fifo[i].fd, FIONREAD, &bytes) < 0)
				fail("FIONREAD");
			if (bytes == 0)
				break;
			nanosleep(&look, NULL);
		}
	}
}

int
main(int argc, char **argv)
{
	size_t count = (size_t)(argc - 3);
	size_t size;
	int64_t from;

	if (argc < 4 || count > FIFOS_MAX) {
		fputs("usage: pour BYTES WRITE FIFO...\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	size = strtoul(argv[2], NULL, 10);
	if (size == 0 || size > sizeof(block))
		return 2;
	memset(block, 'x', sizeof(block));
	for (size_t i = LINE - 1; i < sizeof(block); i += LINE)
		block[i] = '\n';
	open_all(argv + 3, count, strtoul(argv[1], NULL, 10));
	from = now_ns();
	pour(count, size);
	wait_until_empty(count);
	printf("%lld\n", (long long)(now_ns() - from) / 1000);
	return 0;
}
