#include "supervisor/svlog/relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/relay_private.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/svlog.h"

/* What was sent and is kept; above that it is moved to the begin. */
#define KEPT_BYTES (64u << 10)
/* The sink's memory above that is given back when it is empty. */
#define IDLE_BYTES (64u << 10)
#define POLL_MS	   20
#define AGAIN_MS   100 /* without memory for what is sent */

static const char notice_name[] = "svlog";

void
relay_set_sent(struct svlog *s, size_t sent, size_t last)
{
	s->relay.sent = sent;
	s->relay.last = last;
}

void
relay_init(struct svlog *s)
{
	size_t at = (size_t)s->spool.sinks[SINK_SYSLOG].at;
	struct utsname names;

	s->relay = (struct relay){.fd = -1, .local_s = -1};
	/* What lines are like that are made before RUN/logs is read. */
	if (s->spool.head->syslog_kind <= LOGADDR_TCP)
		s->relay.addr.kind =
			(enum logaddr_kind)s->spool.head->syslog_kind;
	relay_set_sent(s, at, at);
	if (uname(&names) == 0)
		rfc_set_host(&s->relay.rfc, names.nodename);
}

const struct rfc *
relay_form(struct svlog *s)
{
	struct relay *r = &s->relay;
	time_t now = (time_t)s->now.second;
	struct tm tm;

	r->rfc.form = r->addr.kind == LOGADDR_UNIX ? RFC_3164 : RFC_5424;
	if (r->rfc.form == RFC_3164 && r->local_s != s->now.second &&
		localtime_r(&now, &tm)) {
		rfc_set_local(&r->rfc, (unsigned)tm.tm_mon,
			(unsigned)tm.tm_mday, (unsigned)tm.tm_hour,
			(unsigned)tm.tm_min, (unsigned)tm.tm_sec);
		r->local_s = s->now.second;
	}
	return &r->rfc;
}

/* --- what is sent, and what is kept of it ----------------------------------
 */

size_t
relay_boundary(const struct svlog *s, size_t at, size_t to)
{
	const char *bytes = spool_sink(&s->spool, SINK_SYSLOG);
	size_t len = sink_len(&s->spool, SINK_SYSLOG);
	struct rfc_frame frame;

	while (at < to && rfc_next(bytes + at, len - at, &frame) &&
		at + frame.head + frame.len <= to)
		at += frame.head + frame.len;
	return at;
}

void
relay_note(struct svlog *s, size_t at)
{
	*(volatile uint64_t *)&s->spool.sinks[SINK_SYSLOG].at = at;
}

size_t
relay_unsure(const struct svlog *s)
{
	const struct relay *r = &s->relay;
	int left = 0;

	if (r->addr.kind == LOGADDR_UDP)
		return r->sent - r->last;
	if (r->addr.kind == LOGADDR_TCP && r->fd >= 0 &&
		ioctl(r->fd, TIOCOUTQ, &left) == 0 && left > 0)
		return (size_t)left < r->sent ? (size_t)left : r->sent;
	return 0;
}

/* All is sent: forget it, or as much of it as has arrived. */
static void
retire(struct svlog *s)
{
	struct relay *r = &s->relay;
	struct spool *spool = &s->spool;
	char *bytes = spool_sink(spool, SINK_SYSLOG);
	size_t left = relay_unsure(s);
	size_t from;

	if (left == 0) {
		sink_clear(spool, SINK_SYSLOG);
		relay_set_sent(s, 0, 0);
		if (spool->sinks[SINK_SYSLOG].cap > IDLE_BYTES)
			spool_sink_drop(spool, SINK_SYSLOG);
		return;
	}
	if (r->sent <= KEPT_BYTES)
		return;
	from = relay_boundary(s, 0, r->sent - left);
	left = r->sent - from;
	if (left >= r->sent / 2)
		return;
	/* In this order a kill finds nothing that is to be sent. */
	sink_clear(spool, SINK_SYSLOG);
	memmove(bytes, bytes + from, left);
	sink_set(spool, SINK_SYSLOG, (uint32_t)left, (uint32_t)left);
	relay_set_sent(s, left, r->last > from ? r->last - from : 0);
}

static bool
is_all_sent(const struct svlog *s)
{
	return s->relay.sent >= sink_len(&s->spool, SINK_SYSLOG);
}

/* Says how many lines were lost; true: there is something to send again. */
static bool
tell_dropped(struct svlog *s)
{
	struct spool *spool = &s->spool;
	const struct spool_sink *sink = &spool->sinks[SINK_SYSLOG];
	uint32_t len = sink_len(spool, SINK_SYSLOG);
	struct rfc_text text = {.second = ""};
	char line[80], frame[512];
	struct fmt f;
	char *end;

	if (s->relay.dropped == 0 || !is_all_sent(s))
		return false;
	fmt_init(&f, line, sizeof(line));
	fmt_printf(&f, "<4>tend: %llu lines lost (syslog not reached)",
		(unsigned long long)s->relay.dropped);
	text.first = line;
	text.first_len = f.len;
	svlog_clock(s);
	end = rfc_put(frame, relay_form(s), s->now.text, notice_name,
		sizeof(notice_name) - 1, '-', &text);
	if ((size_t)(end - frame) > sink->cap - len &&
		!sink_grow(spool, SINK_SYSLOG))
		return false;
	memcpy(spool_sink(spool, SINK_SYSLOG) + len, frame,
		(size_t)(end - frame));
	sink_set(spool, SINK_SYSLOG, len + (uint32_t)(end - frame),
		(uint32_t)sink->at);
	s->relay.dropped = 0;
	return true;
}

/* --- sending ---------------------------------------------------------------
 */

/* What the last send says; true: there may be more. */
static bool
took(struct svlog *s, ssize_t n, size_t frame_len)
{
	struct relay *r = &s->relay;

	if (n >= 0)
		return true;
	switch (errno) {
	case EINTR:
		return true;
	case EAGAIN:
		r->is_blocked = true;
		return false;
	case ENOBUFS:
	case ENOMEM:
		svlog_due(s, svlog_ms() + AGAIN_MS);
		return false;
	case EMSGSIZE:
		if (frame_len > 0) {
			r->dropped++;
			relay_set_sent(
				s, r->sent + frame_len, r->sent + frame_len);
			relay_note(s, r->sent);
			return true;
		}
		break;
	default:
		break;
	}
	relay_fail(s, strerror(errno));
	return false;
}

static bool
send_stream(struct svlog *s)
{
	struct relay *r = &s->relay;
	const char *bytes = spool_sink(&s->spool, SINK_SYSLOG);
	size_t len = sink_len(&s->spool, SINK_SYSLOG);
	ssize_t n = send(r->fd, bytes + r->sent, len - r->sent, MSG_NOSIGNAL);

	if (n > 0) {
		r->sent += (size_t)n;
		/* The next svlog has another connection, for whole frames. */
		r->last = relay_boundary(s, r->last, r->sent);
		relay_note(s, r->last);
	}
	return took(s, n, 0);
}

/* A daemon's stream has messages with a newline each, no lengths. */
static bool
send_message(struct svlog *s)
{
	struct relay *r = &s->relay;
	const char *bytes = spool_sink(&s->spool, SINK_SYSLOG) + r->sent;
	size_t len = sink_len(&s->spool, SINK_SYSLOG) - r->sent;
	struct rfc_frame frame;
	struct iovec parts[2];
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
	ssize_t n;

	if (!rfc_next(bytes, len, &frame)) {
		/* Not ours: nothing can be made of what follows, either. */
		log_error("syslog: what was to be sent is damaged");
		relay_set_sent(s, r->sent + len, r->sent + len);
		relay_note(s, r->sent);
		return true;
	}
	parts[0] = (struct iovec){
		(char *)(uintptr_t)bytes + frame.head, frame.len};
	parts[1] = (struct iovec){(char *)(uintptr_t) "\n", 1};
	message.msg_iovlen += r->is_stream;
	n = sendmsg(r->fd, &message, MSG_NOSIGNAL);
	if (n >= 0) {
		/* Of a stream a part may have gone, which is the daemon's. */
		r->last = r->sent;
		r->sent += frame.head + frame.len;
		relay_note(s, r->sent);
	}
	return took(s, n, frame.head + frame.len);
}

static void
send_all(struct svlog *s)
{
	struct relay *r = &s->relay;
	bool is_going = true;

	do {
		while (is_going && !is_all_sent(s))
			is_going = r->addr.kind == LOGADDR_TCP
					   ? send_stream(s)
					   : send_message(s);
		if (r->fd < 0 || !is_all_sent(s))
			return;
		if (r->is_said)
			log_info("syslog: %s: is there again", r->addr.host);
		r->is_said = false;
		retire(s);
	} while (tell_dropped(s));
}

void
relay_run(struct svlog *s)
{
	struct relay *r = &s->relay;
	uint64_t now;

	if (is_all_sent(s) && r->sent > 0)
		retire(s);
	if (is_all_sent(s) || r->addr.host[0] == '\0' || r->is_resolving ||
		r->is_connecting || r->is_blocked)
		return;
	if (r->fd < 0) {
		now = svlog_ms();
		if (now < r->next_ms) {
			svlog_due(s, r->next_ms);
			return;
		}
		relay_open(s);
		if (r->fd < 0 && !r->is_resolving)
			svlog_due(s, r->next_ms);
		if (r->fd < 0 || r->is_connecting)
			return;
	}
	send_all(s);
	if (r->fd < 0)
		svlog_due(s, r->next_ms);
}

void
relay_event(struct svlog *s, uint32_t events)
{
	struct relay *r = &s->relay;
	int error;

	if (r->fd < 0)
		return;
	if (r->is_connecting && (events & (EPOLLOUT | EPOLLERR)) == 0)
		return;
	if (r->is_connecting && (events & EPOLLERR) == 0)
		relay_connected(s);
	if (relay_is_at_end(s, &error))
		relay_fail(s,
			error ? strerror(error) : "the connection was closed");
	else if ((events & EPOLLOUT) != 0)
		r->is_blocked = false;
	relay_run(s);
}

void
relay_configure(struct svlog *s, const char *text, size_t len)
{
	struct relay *r = &s->relay;
	struct logaddr addr;
	const char *error = logaddr_parse(&addr, text, len);

	if (error) {
		log_error("syslog: %.*s: %s", (int)len, text, error);
		return;
	}
	if (addr.kind == r->addr.kind && addr.port == r->addr.port &&
		strcmp(addr.host, r->addr.host) == 0)
		return;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->addr = addr;
	s->spool.head->syslog_kind = addr.kind;
	r->is_connecting = r->is_resolving = r->is_blocked = false;
	r->is_said = false;
	r->tries = 0;
	r->next_ms = 0;
	/* What another one may have got in part, this one gets whole. */
	relay_set_sent(s, (size_t)s->spool.sinks[SINK_SYSLOG].at,
		(size_t)s->spool.sinks[SINK_SYSLOG].at);
	if (is_all_sent(s))
		retire(s);
	relay_run(s);
}

void
relay_finish(struct svlog *s, uint32_t ms)
{
	struct relay *r = &s->relay;
	uint64_t until = svlog_ms() + ms;

	relay_run(s);
	while (!is_all_sent(s) && svlog_ms() < until) {
		struct pollfd ready = {.fd = r->fd,
			.events = r->is_connecting || r->is_blocked ? POLLOUT
								    : 0};

		/* It is not there, and will not be in time. */
		if (r->fd < 0 && !r->is_resolving && r->next_ms > until)
			return;
		if (poll(&ready, 1, POLL_MS) > 0)
			relay_event(s,
				EPOLLOUT | ((ready.revents & POLLERR) ? EPOLLERR
								      : 0));
		if (r->is_resolving)
			relay_resolved(s);
		relay_run(s);
	}
}
