#include "init/served.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "init/clock.h"
#include "init/kept.h"
#include "init/limits.h"
#include "lib/fmt.h"
#include "lib/log.h"

void
served_well(struct kept *k)
{
	char path[32];
	struct fmt f;
	int fd, old = k->good_fd;

	k->is_serving = true;
	k->serve_by_ms = 0;
	k->is_good_next = false;
	if (k->pid == 0)
		return;
	fmt_init(&f, path, sizeof path);
	fmt_printf(&f, "/proc/%d/exe", k->pid);
	/* Without /proc, or dead already: then the one before stays. */
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	k->good_fd = fd;
	if (old > 0)
		close(old);
}

void
served_await(struct kept *k, int ms)
{
	unsigned time_ms = ms > 0 ? (unsigned)ms : LIMIT_SERVE_MS;

	if (time_ms > LIMIT_SERVE_MAX_MS)
		time_ms = LIMIT_SERVE_MAX_MS;
	k->is_serving = false;
	k->serve_by_ms = clock_ms() + time_ms;
}

void
served_check(struct kept *k)
{
	if (k->serve_by_ms == 0 || clock_left_ms(k->serve_by_ms) > 0)
		return;
	k->serve_by_ms = 0;
	log_error("supervisor: its new program does not serve in time; "
		  "killing it");
	if (k->pid > 0)
		kill(k->pid, SIGKILL);
}

void
served_end(struct kept *k)
{
	k->is_good_next = !k->is_serving && k->good_fd > 0;
	k->is_serving = false;
	k->serve_by_ms = 0;
}
