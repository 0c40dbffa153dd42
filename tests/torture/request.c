#include "tests/torture/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/torture/arena.h"
#include "tests/torture/look.h"

static struct request {
	char line[256];
	uint64_t token; /* 0: none */
} last;
static uint64_t tokens; /* used so far */
/* Kept open, so that what is in the FIFO outlives a supervisor. */
static int fifo_fd = -1;

static bool
is_open(void)
{
	if (fifo_fd < 0)
		fifo_fd = open(arena_path("run/control"),
			O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return fifo_fd >= 0;
}

static bool
put(void)
{
	char text[300];
	int len;

	if (!look_until(is_open)) {
		printf("# control: %s\n", strerror(errno));
		return false;
	}
	if (last.token == 0)
		len = snprintf(text, sizeof(text), "%s\n", last.line);
	else
		len = snprintf(text, sizeof(text), "\n@%016llx %s\n",
			(unsigned long long)last.token, last.line);
	if (write(fifo_fd, text, (size_t)len) == len)
		return true;
	printf("# control: %s\n", strerror(errno));
	return false;
}

bool
request_send(const char *line, bool is_bare)
{
	snprintf(last.line, sizeof(last.line), "%s", line);
	last.token = is_bare ? 0 : ++tokens << 32 | (unsigned)getpid();
	return put();
}

bool
request_is_answered(void)
{
	struct page_result result;

	return last.token == 0 || look_result(last.token, &result);
}

int
request_result(void)
{
	struct page_result result = {0};

	if (!look_until(request_is_answered))
		return -1;
	if (last.token != 0)
		look_result(last.token, &result);
	return result.code;
}

void
request_repeat(void)
{
	if (last.token != 0 && !request_is_answered())
		put();
}

bool
request_ping(void)
{
	struct request kept = last;
	int code;

	code = request_send("reset-failed base", false) ? request_result() : -1;
	last = kept;
	return code == 0;
}

void
request_close(void)
{
	if (fifo_fd >= 0)
		close(fifo_fd);
	fifo_fd = -1;
	last.token = 0;
}
