/* The connection to a syslog daemon: made, lost, and when it is tried again. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/svlog/relay_private.h"
#include "supervisor/svlog/resolve.h"
#include "supervisor/svlog/svlog.h"

/* After failures in a row; a connection that has lasted begins anew. */
static const uint32_t delays[] = {
	0, 100, 200, 500, 1000, 2000, 5000, 10000, 30000};
#define LASTED_MS 10000u
/* A peer that acknowledges nothing for so long is gone. */
#define SILENT_MS 30000

void
relay_fail(struct svlog *s, const char *why)
{
	struct relay *r = &s->relay;
	const unsigned last = sizeof(delays) / sizeof(delays[0]) - 1;
	uint64_t now = svlog_ms();
	size_t again = relay_boundary(s, 0, r->sent - relay_unsure(s));

	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	if (r->from_ms != 0 && now - r->from_ms >= LASTED_MS)
		r->tries = 0;
	r->from_ms = 0;
	r->is_connecting = false;
	r->is_blocked = false;
	relay_set_sent(s, again, again);
	relay_note(s, again);
	/* The first time may be no more than a restart. */
	if (r->tries > 0 && !r->is_said) {
		log_warn("syslog: %s: %s; lines wait", r->addr.host, why);
		r->is_said = true;
	}
	r->next_ms = now + delays[r->tries < last ? r->tries : last];
	r->tries++;
}

void
relay_connected(struct svlog *s)
{
	struct relay *r = &s->relay;

	r->is_connecting = false;
	r->from_ms = svlog_ms();
}

static int
open_socket(
	struct svlog *s, int domain, int type, const void *addr, socklen_t len)
{
	struct relay *r = &s->relay;
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.u32 = SVLOG_ID_RELAY};
	int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int silent_ms = SILENT_MS;
	int error;

	if (fd < 0)
		return -1;
	r->is_stream = type == SOCK_STREAM;
	r->is_connecting = false;
	if (r->is_stream && domain != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms,
			sizeof(silent_ms));
	if (connect(fd, addr, len) != 0) {
		r->is_connecting = errno == EINPROGRESS;
		if (!r->is_connecting)
			goto undo;
	}
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		goto undo;
	r->fd = fd;
	if (!r->is_connecting)
		relay_connected(s);
	return 0;
undo:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
open_path(struct svlog *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const char *path = s->relay.addr.host;
	size_t len = strnlen(path, sizeof(addr.sun_path) - 1);

	memcpy(addr.sun_path, path, len);
	if (open_socket(s, AF_UNIX, SOCK_DGRAM, &addr, sizeof(addr)) != 0 &&
		(errno != EPROTOTYPE || open_socket(s, AF_UNIX, SOCK_STREAM,
						&addr, sizeof(addr)) != 0))
		relay_fail(s, strerror(errno));
}

static void
open_answer(struct svlog *s, const struct resolve *answer)
{
	unsigned n;

	if (answer->count == 0) {
		relay_fail(s, answer->error);
		return;
	}
	n = s->relay.tries % answer->count;
	if (open_socket(s, answer->addr[n].ss_family,
		    s->relay.addr.kind == LOGADDR_TCP ? SOCK_STREAM
						      : SOCK_DGRAM,
		    &answer->addr[n], answer->len[n]) != 0)
		relay_fail(s, strerror(errno));
}

static void
open_host(struct svlog *s)
{
	struct epoll_event event = {
		.events = EPOLLIN, .data.u32 = SVLOG_ID_RESOLVED};
	struct resolve answer;
	int fd;

	if (resolve_number(&answer, &s->relay.addr)) {
		open_answer(s, &answer);
		return;
	}
	fd = resolve_start(&s->relay.addr);
	if (fd < 0 || (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0 &&
			      errno != EEXIST))
		relay_fail(s, strerror(errno));
	else
		s->relay.is_resolving = true;
}

void
relay_resolved(struct svlog *s)
{
	struct resolve answer;

	if (!resolve_take(&answer))
		return;
	s->relay.is_resolving = false;
	/* Another address may have been set meanwhile. */
	if (s->relay.fd < 0 && answer.of.kind == s->relay.addr.kind &&
		answer.of.port == s->relay.addr.port &&
		strcmp(answer.of.host, s->relay.addr.host) == 0)
		open_answer(s, &answer);
	relay_run(s);
}

void
relay_open(struct svlog *s)
{
	if (s->relay.addr.kind == LOGADDR_UNIX)
		open_path(s);
	else
		open_host(s);
}

/* Nobody has anything to say to us; but an end is to be seen. */
bool
relay_is_at_end(struct svlog *s, int *error)
{
	char bytes[512];
	socklen_t len = sizeof(*error);
	ssize_t n = 1;

	*error = 0;
	getsockopt(s->relay.fd, SOL_SOCKET, SO_ERROR, error, &len);
	if (*error != 0)
		return true;
	while (s->relay.is_stream && n > 0)
		n = recv(s->relay.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		*error = errno;
	return n == 0 || *error != 0;
}
