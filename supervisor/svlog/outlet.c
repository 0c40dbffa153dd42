/* Standard output: never waited for, and nobody else's flags are changed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/svlog.h"

void
outlet_open(struct outlet *out, bool is_json)
{
	struct stat st;

	out->is_json = is_json;
	out->shape = is_json ? SPLIT_JSON : SPLIT_PREFIX;
	out->is_blocked = false;
	out->fd = -1;
	if (fstat(STDOUT_FILENO, &st) != 0)
		return;
	out->fd = STDOUT_FILENO;
	out->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		/* O_NONBLOCK on descriptor 1 itself would be everybody's. */
		int fd = open("/proc/self/fd/1",
			O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		out->may_block = fd < 0;
		if (fd >= 0)
			out->fd = fd;
	}
}

static ssize_t
put(const struct outlet *out, const char *bytes, size_t len)
{
	struct pollfd ready = {.fd = out->fd, .events = POLLOUT};

	if (out->is_socket)
		return send(out->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (out->may_block) {
		if (poll(&ready, 1, 0) <= 0) {
			errno = EAGAIN;
			return -1;
		}
		if (len > PIPE_BUF)
			len = PIPE_BUF;
	}
	return write(out->fd, bytes, len);
}

bool
outlet_drain(struct svlog *s)
{
	struct outlet *out = &s->out;

	out->is_blocked = false;
	while (!sink_is_empty(&s->spool, SINK_STDOUT)) {
		size_t len;
		const char *rest = sink_rest(&s->spool, SINK_STDOUT, &len);
		ssize_t n = put(out, rest, len);

		if (n > 0) {
			sink_wrote(&s->spool, SINK_STDOUT, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			out->is_blocked = true;
			return false;
		}
		log_error("standard output: %m; lines for it are dropped");
		sink_clear(&s->spool, SINK_STDOUT);
	}
	return true;
}
