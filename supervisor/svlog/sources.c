#include "supervisor/svlog/sources.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "lib/paths.h"

#define KMSG "/dev/kmsg"
/* At the end, if they come faster than they can be read. */
#define DRAIN_TURNS 512

void
sources_init(struct sources *sources, struct svlog *s, int epoll_fd,
	uint32_t first_id, int syslog_fd)
{
	*sources = (struct sources){.s = s,
		.epoll_fd = epoll_fd,
		.first_id = first_id,
		.syslog_fd = syslog_fd};
	for (unsigned i = 0; i < SOURCES; i++)
		sources->source[i].fd = -1;
	if (syslog_fd >= 0)
		fcntl(syslog_fd, F_SETFD, FD_CLOEXEC);
}

static int
open_syslog(const struct sources *sources)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (sources->syslog_fd < 0) {
		log_error("syslog: no socket; it is not read");
		return -1;
	}
	if (getsockopt(sources->syslog_fd, SOL_SOCKET, SO_TYPE, &type, &len) !=
			0 ||
		type != SOCK_DGRAM) {
		log_error("syslog: not such a socket; it is not read");
		return -1;
	}
	return sources->syslog_fd;
}

static int
open_kmsg(struct svlog *s, const struct entry *entry)
{
	char path[PATHS_CAP] = KMSG;

	if (entry->path.len >= sizeof(path))
		return -1;
	if (entry->path.len > 0) {
		memcpy(path, entry->path.at, entry->path.len);
		path[entry->path.len] = '\0';
	}
	return kmsg_open(s, path);
}

void
sources_open(struct sources *sources, uint32_t n, const struct entry *entry)
{
	uint32_t which =
		entry->source == ENTRIES_KMSG ? SOURCES_KMSG : SOURCES_SYSLOG;
	struct source *source = &sources->source[which];
	struct epoll_event event = {.events = EPOLLIN | EPOLLET,
		.data.u32 = sources->first_id + which};

	source->log = n;
	if (source->fd >= 0)
		return;
	if (spool_put_make(&sources->s->spool) != 0) {
		log_error("%s: %m; it is not read", sources->s->logs[n].name);
		return;
	}
	source->fd = which == SOURCES_KMSG ? open_kmsg(sources->s, entry)
					   : open_syslog(sources);
	if (source->fd < 0)
		return;
	source->errors = 0;
	/* There already, if it was given up before. */
	epoll_ctl(sources->epoll_fd, EPOLL_CTL_ADD, source->fd, &event);
	source->is_ready = true;
}

void
sources_set_ready(struct sources *sources, uint32_t which)
{
	if (which < SOURCES)
		sources->source[which].is_ready = true;
}

static enum pump
read_one(struct sources *sources, uint32_t which)
{
	struct source *source = &sources->source[which];
	enum pump result = PUMP_EMPTY;

	if (source->fd >= 0 && source->is_ready)
		result = which == SOURCES_KMSG
				 ? kmsg_read(sources->s, source)
				 : devlog_read(sources->s, source);
	source->is_ready = result != PUMP_EMPTY;
	return result;
}

bool
sources_pump(struct sources *sources)
{
	bool is_busy = false;

	for (uint32_t i = 0; i < SOURCES; i++)
		is_busy |= read_one(sources, i) == PUMP_MORE;
	return is_busy;
}

static void
drain(struct sources *sources, uint32_t which)
{
	struct svlog *s = sources->s;

	sources->source[which].is_ready = true;
	for (unsigned i = 0; i < DRAIN_TURNS; i++) {
		enum pump result = read_one(sources, which);

		if (result == PUMP_EMPTY ||
			(result == PUMP_BLOCKED &&
				!dest_finish(s, sources->source[which].log)))
			break;
	}
}

void
sources_drain(struct sources *sources)
{
	for (uint32_t i = 0; i < SOURCES; i++)
		drain(sources, i);
}
