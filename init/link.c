#include "init/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/handoff.h"

int
link_open(struct link *link, uint32_t flags)
{
	int pair[2];

	memset(link, 0, sizeof *link);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0, pair) != 0)
		return -1;
	link->fd = pair[0];
	link->peer_fd = pair[1];
	link->flags = flags;
	return 0;
}

static bool
is_pair(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool
link_resume(struct link *link)
{
	unsigned char byte;

	if (!is_pair(link->fd) || !is_pair(link->peer_fd))
		return false;
	/* A second FRESH, read by the next supervisor, would have it forget
	 * what runs. The first goes out before there is any supervisor, so it
	 * lies there if it was sent. RECOVER may come twice. */
	if (link->has_greeting && link->deaths == 0 &&
		recv(link->peer_fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0)
		link->has_greeting = false;
	link->is_full = false;
	return true;
}

static bool
send_msg(struct link *link, uint32_t type, int a, int b)
{
	struct handoff_msg msg = {
		.type = type, .flags = link->flags, .a = a, .b = b};
	unsigned char bytes[HANDOFF_SIZE];

	if (link->is_full)
		return false;
	handoff_encode(&msg, bytes);
	if (send(link->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		sizeof bytes)
		return true;
	/* EAGAIN, or no memory for a message: both pass. */
	link->is_full = true;
	return false;
}

void
link_greet(struct link *link, int deaths)
{
	link->deaths = deaths;
	link->has_greeting = true;
}

void
link_signal(struct link *link, int signal)
{
	link->waiting |= UINT64_C(1) << signal;
}

void
link_flush(struct link *link)
{
	if (link->has_greeting)
		link->has_greeting = !send_msg(link,
			link->deaths > 0 ? HANDOFF_RECOVER : HANDOFF_FRESH,
			link->deaths, 0);
	for (int n = 1; link->waiting && n < 64; n++) {
		uint64_t bit = UINT64_C(1) << n;

		if (link->waiting & bit && send_msg(link, HANDOFF_SIGNAL, n, 0))
			link->waiting &= ~bit;
	}
}

bool
link_death(struct link *link, int pid, int status)
{
	link_flush(link);
	return send_msg(link, HANDOFF_DEATH, pid, status);
}

bool
link_peek(struct link *link, struct handoff_msg *out)
{
	unsigned char bytes[HANDOFF_SIZE];
	ssize_t len = recv(link->fd, bytes, sizeof bytes,
		MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);

	/* What is no message of ours is skipped as an unknown one is. */
	if (len >= 0 && !handoff_decode(bytes, (size_t)len, out))
		memset(out, 0, sizeof *out);
	return len >= 0;
}

void
link_drop(struct link *link)
{
	unsigned char byte;

	recv(link->fd, &byte, 1, MSG_DONTWAIT);
}
