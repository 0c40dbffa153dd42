/* svlog: writes what services say, whole lines, stamped, rotated. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/events.h"
#include "lib/log.h"
#include "supervisor/svlog/options.h"
#include "supervisor/svlog/svlog.h"
#include "supervisor/svlog/svlogd.h"

void
svlog_clock(struct svlog *s)
{
	struct timespec t;
	int64_t us;

	clock_gettime(CLOCK_REALTIME, &t);
	us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	if (us < s->last_us && us > s->last_us - SVLOG_BACK_S * 1000000)
		us = s->last_us;
	s->last_us = us;
	stamp_set(&s->now, us / 1000000, (uint32_t)(us % 1000000));
}

uint64_t
svlog_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
svlog_due(struct svlog *s, uint64_t ms)
{
	if (ms < s->next_ms)
		s->next_ms = ms;
}

int
svlog_wait_ms(const struct svlog *s)
{
	uint64_t now = svlog_ms();

	if (s->next_ms == SVLOG_NEVER)
		return -1;
	if (s->next_ms <= now)
		return 0;
	return s->next_ms - now < 1000000 ? (int)(s->next_ms - now) : 1000000;
}

void
svlog_begin(struct svlog *s, uint32_t n, struct file_base *base)
{
	struct log *log = &s->logs[n];

	memset(log, 0, sizeof(*log));
	log->name = s->spool.slots[n].name;
	log->name_len = strlen(log->name);
	entries_default(&log->entry);
	for (unsigned i = 0; i < 2; i++) {
		log->pipe_fd[i] = -1;
		log->flush_ms[i] = SVLOG_NEVER;
	}
	log->file = (struct file){.base = base, .name = log->name, .fd = -1};
}

int
svlog_signals(void)
{
	static const int taken[] = {
		SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		sigaddset(&set, taken[i]);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return events_signals(&set);
}

int
main(int argc, char **argv)
{
	static struct log logs[SPOOL_LOGS];
	static struct svlog svlog = {.logs = logs, .next_ms = SVLOG_NEVER};
	struct options options;
	int status;

	log_setup("svlog", LOG_INFO);
	status = argc > 0 && svlogd_is_meant(argv[0])
			 ? svlogd_parse(&options, argc, argv)
			 : options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	umask(027);
	if (options.dir)
		return filter_run(&svlog, &options);
	return service_run(&svlog, &options);
}
