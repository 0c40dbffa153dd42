#include "init/link.h"

#include <errno.h>
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
link_receive(struct link *link, struct handoff_msg *out)
{
	unsigned char bytes[HANDOFF_SIZE];
	ssize_t len =
		recv(link->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);

	/* What is no message of ours is skipped as an unknown one is. */
	if (len >= 0 && !handoff_decode(bytes, (size_t)len, out))
		memset(out, 0, sizeof *out);
	return len >= 0;
}
