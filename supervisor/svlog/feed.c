/*
 * Lines for another service: RUN/pipe/NAME,in is its standard input. The
 * service holds it open for reading and writing and the supervisor for reading,
 * so what is written there waits for who comes next.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/svlog.h"

#define PIPES	 "pipe"
#define AGAIN_MS 500 /* one that was not there is looked for so often */

static void
close_feed(struct feed *feed)
{
	if (feed->fd > 0)
		close(feed->fd - 1);
	feed->fd = 0;
	feed->is_blocked = false;
}

void
feed_open(struct svlog *s, uint32_t k)
{
	const char *name = s->spool.sinks[k].name;
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLET, .data.u32 = SVLOG_ID_FEED + k};
	char path[NAME_CAP + sizeof(PIPES "/,in")];
	struct feed *feed = &s->feeds[k];
	struct stat st;
	struct fmt f;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, PIPES "/%s,in", name);
	if (feed->fd > 0) {
		if (fstatat(s->run_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			st.st_ino == feed->ino)
			return;
		close_feed(feed);
	}
	fd = openat(s->run_fd, path,
		O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		/* Neither made yet, nor read by anybody: it is tried again. */
		if (errno != ENOENT && errno != ENXIO)
			log_error("%s: %m", path);
		return;
	}
	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode) ||
		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		log_error("%s: not a pipe that can be written", path);
		close(fd);
		return;
	}
	feed->fd = fd + 1;
	feed->ino = st.st_ino;
}

void
feed_open_named(struct svlog *s, const char *name, size_t len)
{
	for (uint32_t k = SINK_FEED; k < s->spool.head->sink_count; k++) {
		const char *other = s->spool.sinks[k].name;

		if (strlen(other) == len && memcmp(other, name, len) == 0)
			feed_open(s, k);
	}
}

bool
feed_is_open(struct svlog *s, uint32_t k)
{
	struct feed *feed = &s->feeds[k];
	uint64_t now;

	if (feed->fd > 0)
		return true;
	now = svlog_ms();
	if (feed->tried_ms != 0 && now - feed->tried_ms < AGAIN_MS)
		return false;
	feed->tried_ms = now;
	feed_open(s, k);
	return feed->fd > 0;
}

/*
 * What goes into the pipe at once: whole lines, so that one is never there in
 * part, or twice in part, after a kill; a line that is too long for that alone.
 */
static size_t
piece(const char *bytes, size_t len)
{
	const char *end;

	if (len <= PIPE_BUF)
		return len;
	end = memrchr(bytes, '\n', PIPE_BUF);
	if (!end)
		end = memchr(bytes + PIPE_BUF, '\n', len - PIPE_BUF);
	return end ? (size_t)(end + 1 - bytes) : len;
}

bool
feed_drain(struct svlog *s, uint32_t k)
{
	struct feed *feed = &s->feeds[k];

	feed->is_blocked = false;
	while (!sink_is_empty(&s->spool, k)) {
		size_t len;
		const char *rest = sink_rest(&s->spool, k, &len);
		ssize_t n;

		if (!feed_is_open(s, k))
			return false;
		n = write(feed->fd - 1, rest, piece(rest, len));
		if (n > 0) {
			sink_wrote(&s->spool, k, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			feed->is_blocked = true;
			return false;
		}
		/* Nobody holds it any more: whoever makes it again tells. */
		close_feed(feed);
		return false;
	}
	return true;
}
