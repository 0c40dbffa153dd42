#include "supervisor/svlog/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/svlog/victim.h"

#define KEPT	  16u	      /* victims that nobody has asked for yet */
#define RECORD	  8192u	      /* as long as the kernel makes one */
#define WAIT_MS	  100	      /* between the kill and what is said of it */
#define SLACK_US  60000000u   /* a death may be told so much later */
#define FIRST_INO 0xEFFFFFFCu /* of the first PID namespace, for ever */

static struct victim victims[KEPT];
static unsigned next_victim;
static int kmsg_fd = -1;
static bool is_missed; /* records were overwritten before we saw them */

/* Of all processes that we see, or of the whole machine. */
static const struct source {
	const char *path;
	bool is_ours;
} sources[] = {{"/sys/fs/cgroup/memory.events", true}, {"/proc/vmstat", false}};

static struct {
	const struct source *source; /* NULL: there is none */
	uint64_t seen;
} counter;

static bool
read_count(const struct source *source, uint64_t *n)
{
	/* vmstat has some 170 lines. */
	static char text[16384];
	int fd = open(source->path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	while (fd >= 0 && len < sizeof(text) && got > 0) {
		got = read(fd, text + len, sizeof(text) - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return victim_count(text, len, "oom_kill", n);
}

/* In another namespace the kernel speaks of other pids than ours. */
static bool
are_pids_ours(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == FIRST_INO;
}

void
oom_begin(void)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (!read_count(&sources[i], &counter.seen))
			continue;
		counter.source = &sources[i];
		return;
	}
}

static void
take(const char *bytes, size_t len)
{
	if (victim_parse(bytes, len, &victims[next_victim % KEPT]))
		next_victim++;
}

/* All records that are new; false: there is no way to know of them. */
static bool
read_records(void)
{
	static char record[RECORD];

	if (kmsg_fd < 0 && are_pids_ours())
		kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg_fd < 0)
		return false;
	for (;;) {
		ssize_t n = read(kmsg_fd, record, sizeof(record));

		if (n > 0)
			take(record, (size_t)n);
		else if (n < 0 && errno == EPIPE)
			is_missed = true;
		else if (n == 0 || errno != EINTR)
			return n < 0 && errno == EAGAIN;
	}
}

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* It is told of once, and while it ran: pids come again. */
static bool
is_victim(pid_t pid, uint64_t ran_ms)
{
	uint64_t before_us = ran_ms * 1000 + SLACK_US;
	uint64_t now = now_us();

	for (unsigned i = 0; i < KEPT; i++) {
		struct victim *v = &victims[i];

		if (v->pid != pid ||
			(now > before_us && v->us < now - before_us))
			continue;
		v->pid = 0;
		return true;
	}
	return false;
}

const char *
oom_answer(pid_t pid, uint64_t ran_ms)
{
	uint64_t count = counter.seen;
	bool is_known = counter.source && read_count(counter.source, &count);
	bool is_more = count != counter.seen;
	struct pollfd more = {.events = POLLIN};

	counter.seen = count;
	if (read_records()) {
		if (is_victim(pid, ran_ms))
			return "yes";
		/* It is counted, then killed, then said to be. */
		more.fd = kmsg_fd;
		if ((is_more || !is_known) && poll(&more, 1, WAIT_MS) > 0 &&
			read_records() && is_victim(pid, ran_ms))
			return "yes";
		if (!is_missed || (is_known && !is_more))
			return "no";
		is_missed = false;
		return "unknown";
	}
	if (!is_known)
		return "unknown";
	if (!is_more)
		return "no";
	/* Of ours one that was killed, and one that died by a kill. */
	return counter.source->is_ours ? "yes" : "unknown";
}
