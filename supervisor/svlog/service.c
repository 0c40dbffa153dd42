/* `svlog --run-dir RUN`: what all services say. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/events.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "supervisor/svlog/cold.h"
#include "supervisor/svlog/options.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/sources.h"
#include "supervisor/svlog/streams.h"
#include "supervisor/svlog/svlog.h"
#include "supervisor/svlog/tell.h"

/* Beside the ids of streams. */
#define ID_SIGNALS UINT32_MAX
#define ID_STDOUT  (UINT32_MAX - 1)
#define ID_TELL	   (UINT32_MAX - 2)
#define ID_SOURCES (UINT32_MAX - 2 - SOURCES) /* the first of them */

#define EVENTS 64

/* How long the end may take once every pipe is empty. */
#define END_MS 3000

struct service {
	struct svlog *s;
	struct streams streams;
	struct sources sources;
	struct tell tell;
	int signal_fd;
	bool is_ending;
};

static void
watch(const struct service *service, int fd, uint32_t id, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = id};

	/* A file is always ready, and cannot be watched. */
	if (fd >= 0)
		epoll_ctl(service->streams.epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void
for_each_file(struct svlog *s, void (*act)(struct svlog *s, struct log *log))
{
	svlog_clock(s);
	for (uint32_t n = 0; n < s->count; n++)
		if (s->logs[n].name)
			act(s, &s->logs[n]);
}

static void
take_signals(struct service *service)
{
	struct worker_job child = {
		.kind = WORKER_CHILD, .fd = -1, .dir_fd = -1};
	struct signalfd_siginfo info;

	while (read(service->signal_fd, &info, sizeof(info)) ==
		(ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			service->is_ending = true;
			break;
		case SIGHUP:
			streams_load(&service->streams);
			break;
		case SIGUSR1:
			for_each_file(service->s, store_reopen);
			break;
		case SIGALRM:
			for_each_file(service->s, store_rotate);
			break;
		case SIGCHLD:
			worker_add(&child, 0);
			break;
		default:
			break;
		}
	}
}

/* Partial lines that are old, and files that are. */
static void
take_due(struct svlog *s)
{
	uint64_t now = svlog_ms();

	s->next_ms = SVLOG_NEVER;
	svlog_clock(s);
	relay_run(s);
	for (uint32_t n = 0; n < s->count; n++) {
		struct log *log = &s->logs[n];

		if (!log->name)
			continue;
		for (uint32_t i = 0; i < 2; i++) {
			if (log->flush_ms[i] <= now)
				pump_flush(s, n, i);
			else
				svlog_due(s, log->flush_ms[i]);
		}
		store_age(s, log);
	}
}

/* Not within the start, which is cold. */
__attribute__((noinline)) static void
run(struct service *service)
{
	struct epoll_event events[EVENTS];
	struct svlog *s = service->s;
	bool is_busy = true;

	while (!service->is_ending) {
		int n;

		if (!is_busy)
			cold_give_back();
		n = epoll_wait(service->streams.epoll_fd, events, EVENTS,
			is_busy ? 0 : svlog_wait_ms(s));

		for (int i = 0; i < n; i++) {
			uint32_t id = events[i].data.u32;

			if (id == ID_SIGNALS || id == ID_TELL)
				cold_used();
			if (id == ID_SIGNALS)
				take_signals(service);
			else if (id == ID_TELL)
				tell_read(&service->tell, &service->streams);
			else if (id == ID_STDOUT)
				outlet_drain(s);
			else if (id == SVLOG_ID_RELAY)
				relay_event(s, events[i].events);
			else if (id == SVLOG_ID_RESOLVED)
				relay_resolved(s);
			else if (id >= ID_SOURCES)
				sources_set_ready(
					&service->sources, id - ID_SOURCES);
			else if (id >= SVLOG_ID_FEED)
				feed_drain(s, id - SVLOG_ID_FEED);
			else
				streams_set_ready(&service->streams, id);
		}
		is_busy = streams_pump(&service->streams);
		is_busy |= sources_pump(&service->sources);
		if (s->next_ms != SVLOG_NEVER && s->next_ms <= svlog_ms())
			take_due(s);
	}
}

/* Everything that is in the pipes, to the disk. */
static void
finish(struct service *service)
{
	struct worker_job end = {.kind = WORKER_END, .fd = -1, .dir_fd = -1};
	struct svlog *s = service->s;

	s->patience_ms = SVLOG_DRAIN_MS;
	if (service->tell.fd >= 0)
		tell_read(&service->tell, &service->streams);
	for (uint32_t n = 0; n < s->count; n++)
		if (s->logs[n].name)
			streams_drain(&service->streams, n);
	sources_drain(&service->sources);
	s->patience_ms = END_MS;
	for (uint32_t n = 0; n < s->count; n++)
		if (s->logs[n].name) {
			store_tell(s, &s->logs[n]);
			dest_finish(s, n);
		}
	relay_finish(s, SVLOG_DRAIN_MS);
	/* What log = syslog has sent to our own socket. */
	sources_drain(&service->sources);
	for (uint32_t n = 0; n < s->count; n++) {
		struct worker_job job = {.kind = WORKER_FLUSH,
			.fd = s->logs[n].name ? s->logs[n].file.fd : -1,
			.dir_fd = -1};

		/* None that would have to wait for a slow disk. */
		if (job.fd >= 0)
			worker_add(&job, 0);
	}
	worker_add(&end, END_MS);
	worker_wait(END_MS);
}

static void
set_up(struct svlog *s, const struct options *options, char *fallback)
{
	struct fmt f;

	fmt_init(&f, fallback, PATHS_CAP);
	fmt_printf(&f, "%s/log", options->run_dir);
	s->base = (struct file_base){
		.fd = -1, .path = options->log_dir, .gid = (gid_t)-1};
	s->fallback = (struct file_base){
		.fd = -1, .path = fallback, .gid = (gid_t)-1};
	outlet_open(&s->out, options->is_json);
}

/* Three descriptors for each service. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
service_run(struct svlog *s, const struct options *options)
{
	static uint32_t ready[2 * SPOOL_LOGS];
	static struct feed feeds[SPOOL_SINKS];
	static char fallback[PATHS_CAP];
	const struct worker_job begin = {
		.kind = WORKER_BEGIN, .fd = -1, .dir_fd = -1};
	struct service service = {.s = s,
		.streams = {.s = s, .ready = ready},
		.signal_fd = svlog_signals()};

	raise_limit();
	service.streams.run_fd =
		open(options->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	service.streams.epoll_fd = events_epoll();
	if (service.streams.run_fd < 0 || service.streams.epoll_fd < 0 ||
		service.signal_fd < 0) {
		log_error("%s: %m", options->run_dir);
		return 1;
	}
	s->run_fd = service.streams.run_fd;
	s->epoll_fd = service.streams.epoll_fd;
	s->feeds = feeds;
	set_up(s, options, fallback);
	if (spool_open(&s->spool, service.streams.run_fd) != 0) {
		log_warn("svlog.state: %m; a crash may lose lines");
		if (spool_private(&s->spool) != 0)
			return 1;
	}
	sink_recover(&s->spool);
	relay_init(s);
	worker_start();
	sources_init(&service.sources, s, service.streams.epoll_fd, ID_SOURCES,
		options->syslog_fd);
	service.streams.sources = &service.sources;
	worker_add(&begin, 0);
	streams_adopt(&service.streams);
	pump_recover(s);
	streams_load(&service.streams);
	streams_open_all(&service.streams);
	tell_open(&service.tell, service.streams.run_fd);
	watch(&service, service.tell.fd, ID_TELL, EPOLLIN | EPOLLET);
	watch(&service, service.signal_fd, ID_SIGNALS, EPOLLIN);
	watch(&service, s->out.fd, ID_STDOUT, EPOLLOUT | EPOLLET);
	cold_used();
	run(&service);
	finish(&service);
	return 0;
}
