/* `... | svlog DIR`: standard input to DIR/current. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/svlog/options.h"
#include "supervisor/svlog/svlog.h"

#define END_MS 3000 /* for what the worker has yet to do at the end */

/* False: it is to end. */
static bool
take_signal(struct svlog *s, int fd)
{
	struct worker_job child = {
		.kind = WORKER_CHILD, .fd = -1, .dir_fd = -1};
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			return false;
		case SIGALRM:
			svlog_clock(s);
			store_rotate(s, &s->logs[0]);
			break;
		case SIGCHLD:
			worker_add(&child, 0);
			break;
		default:
			store_reopen(s, &s->logs[0]);
			break;
		}
	}
	return true;
}

static void
take_due(struct svlog *s)
{
	struct log *log = &s->logs[0];
	uint64_t now = svlog_ms();

	s->next_ms = SVLOG_NEVER;
	if (log->flush_ms[0] <= now)
		pump_flush(s, 0, 0);
	else if (log->flush_ms[0] != SVLOG_NEVER)
		svlog_due(s, log->flush_ms[0]);
	svlog_clock(s);
	store_age(s, log);
}

static void
run(struct svlog *s, int signal_fd)
{
	struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN}};

	for (;;) {
		enum pump result = PUMP_MORE;

		if (poll(fds, 2, svlog_wait_ms(s)) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && !take_signal(s, signal_fd))
			return;
		if (fds[1].revents || fds[1].fd < 0)
			result = pump_read(s, 0, 0, STDIN_FILENO);
		/* Nothing, after it was readable, is its end. */
		if (fds[1].revents && result == PUMP_EMPTY && errno != EAGAIN)
			return;
		fds[1].fd = result == PUMP_BLOCKED ? -1 : STDIN_FILENO;
		if (s->next_ms <= svlog_ms())
			take_due(s);
	}
}

static void
set_up(struct svlog *s, const struct options *options)
{
	struct log *log = &s->logs[0];

	s->base = (struct file_base){.fd = -1,
		.path = options->dir,
		.gid = (gid_t)-1,
		.is_single = true,
		.is_locked = true,
		.max_total = options->max_total};
	s->fallback.fd = -1;
	s->out.fd = -1;
	memcpy(s->spool.slots[0].name, ".", 2);
	svlog_begin(s, 0, &s->base);
	log->entry = options->entry;
	if (options->processor)
		memcpy(log->processor, options->processor,
			strlen(options->processor) + 1);
}

int
filter_run(struct svlog *s, const struct options *options)
{
	struct worker_job survey = {.kind = WORKER_SURVEY,
		.fd = -1,
		.dir_fd = -1,
		.base = &s->base};
	struct worker_job end = {.kind = WORKER_END, .fd = -1, .dir_fd = -1};
	int signal_fd = svlog_signals();

	if (spool_private(&s->spool) != 0 || signal_fd < 0) {
		log_error("cannot start: %m");
		return 1;
	}
	set_up(s, options);
	svlog_clock(s);
	if (file_open(&s->logs[0].file, &s->now, true) != 0) {
		log_error(errno == EWOULDBLOCK
				  ? "%s: another svlog writes there"
				  : "%s: %m",
			options->dir);
		return 1;
	}
	worker_start();
	survey.dir_fd = file_open_dir(&s->base, s->logs[0].name);
	worker_add(&survey, 0);
	run(s, signal_fd);
	pump_flush(s, 0, 0);
	store_tell(s, &s->logs[0]);
	worker_add(&end, END_MS);
	worker_wait(END_MS);
	return 0;
}
