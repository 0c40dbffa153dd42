#include "init/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/clock.h"
#include "init/limits.h"
#include "lib/fmt.h"
#include "lib/log.h"

/* Children that were told; more are told again when others end. */
#define TOLD_MAX 64

static struct {
	pid_t group;
	bool is_all;
	int signal;
	unsigned told_count;
	pid_t told[TOLD_MAX];
} rest;

static bool
is_told(pid_t pid)
{
	for (unsigned i = 0; i < rest.told_count; i++)
		if (rest.told[i] == pid)
			return true;
	return false;
}

/* Not reaped, so the pid is a child's; what it leaves behind comes to us. */
static void
tell_child(pid_t pid)
{
	if (is_told(pid))
		return;
	if (rest.told_count < TOLD_MAX)
		rest.told[rest.told_count++] = pid;
	kill(pid, rest.signal);
	/* What is stopped takes TERM only once it goes on. */
	kill(pid, SIGCONT);
}

static void
tell_children(void)
{
	char path[48], text[512];
	struct fmt f;
	pid_t pid = 0;
	ssize_t n;
	int fd;

	fmt_init(&f, path, sizeof path);
	fmt_str(&f, "/proc/self/task/");
	fmt_u64(&f, (uint64_t)getpid());
	fmt_str(&f, "/children");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, text, sizeof text)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
			} else if (pid > 0) {
				tell_child(pid);
				pid = 0;
			}
		}
	if (fd >= 0)
		close(fd);
}

static void
tell(int signal)
{
	rest.signal = signal;
	rest.told_count = 0;
	kill(-rest.group, signal);
	kill(-rest.group, SIGCONT);
	if (rest.is_all)
		tell_children();
}

/* Reaps; whether nothing is left. */
static bool
is_over(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	if (pid < 0 && errno == ECHILD)
		return true;
	if (rest.is_all) {
		/* Orphans may have come, of those that ended. */
		tell_children();
		return false;
	}
	return kill(-rest.group, 0) < 0 && errno == ESRCH;
}

static bool
await(unsigned time_ms)
{
	uint64_t deadline_ms = clock_ms() + time_ms;
	sigset_t set;
	int left_ms;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while ((left_ms = clock_left_ms(deadline_ms)) > 0) {
		struct timespec left = {
			left_ms / 1000, left_ms % 1000 * 1000000L};

		if (is_over())
			return true;
		sigtimedwait(&set, NULL, &left);
	}
	return is_over();
}

void
rest_end(pid_t group, bool is_all)
{
	rest.group = group;
	rest.is_all = is_all;
	if (is_over())
		return;
	tell(SIGTERM);
	if (await(LIMIT_TERM_MS))
		return;
	log_warn("some processes ignore TERM; killing them");
	tell(SIGKILL);
	if (!await(LIMIT_KILL_MS))
		log_error("some processes do not die of KILL; "
			  "going on without them");
}
