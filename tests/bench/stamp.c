/*
 * stamp [FIFO [once]]: a service that tells when it began, then does nothing.
 * It takes the time first, so that only the way to main is measured. Without an
 * argument (a link that is run by its name) the FIFO is $STAMP_FIFO. With a
 * second one it ends at once.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/record.h"

int
main(int argc, char **argv)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const char *path = argc >= 2 ? argv[1] : getenv("STAMP_FIFO");
	if (path == NULL)
		return 2;
	struct record record = {
		.started_ns = now.tv_sec * 1000000000LL + now.tv_nsec,
		.pid = getpid(),
	};
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, &record, sizeof(record)) != sizeof(record))
		return 1;
	close(fd);
	if (argc > 2)
		return 0;
	for (;;)
		pause();
}
