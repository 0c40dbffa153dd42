#include "supervisor/look.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/probe.h"

#define REQUEST_CAP 4096

static enum look_result
give_up(int *fd)
{
	close(*fd);
	*fd = -1;
	return LOOK_BAD;
}

/* Of the kinds tcp and http. */
static bool
find_address(const struct probe *probe, struct probe_address *address)
{
	struct probe_url url;

	if (probe->kind == PROBE_TCP)
		return probe_address_parse(
			probe->arg, strlen(probe->arg), address);
	if (probe->kind != PROBE_HTTP || !probe_url_parse(probe->arg, &url))
		return false;
	*address = url.address;
	return true;
}

bool
look_has_second(const struct probe *probe)
{
	struct probe_address address;

	return find_address(probe, &address) && address.is_any;
}

static socklen_t
fill_address(const struct probe_address *from, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)to;

	memset(to, 0, sizeof(*to));
	if (from->is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(from->port);
		memcpy(&v6->sin6_addr, from->bytes, 16);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(from->port);
	memcpy(&v4->sin_addr, from->bytes, 4);
	return sizeof(*v4);
}

/* The request fits into an empty socket, or it is not sent. */
static enum look_result
ask(const struct probe *probe, int fd)
{
	int enough = (int)PROBE_HTTP_BYTES;
	char request[REQUEST_CAP];
	struct probe_url url;
	struct fmt f;

	if (!probe_url_parse(probe->arg, &url))
		return LOOK_BAD;
	fmt_init(&f, request, sizeof(request));
	fmt_str(&f, "GET ");
	fmt_str(&f, *url.path == '\0' ? "/" : url.path);
	fmt_str(&f, " HTTP/1.1\r\nHost: ");
	fmt_bytes(&f, url.host, url.host_len);
	fmt_str(&f, "\r\nUser-Agent: tend\r\nAccept: */*\r\n"
		    "Connection: close\r\n\r\n");
	/* Woken once the first line can be told, or at the end. */
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof(enough));
	if (f.is_cut ||
		send(fd, request, f.len, MSG_NOSIGNAL) != (ssize_t)f.len)
		return LOOK_BAD;
	return LOOK_ASKED;
}

static enum look_result
begin_inet(const struct probe *probe, bool is_second, int *fd)
{
	struct sockaddr_storage to;
	struct probe_address address;
	enum look_result result;
	socklen_t len;

	if (!find_address(probe, &address))
		return LOOK_BAD;
	if (is_second) {
		address.is_v6 = true;
		memset(address.bytes, 0, sizeof(address.bytes));
		address.bytes[15] = 1;
	}
	len = fill_address(&address, &to);
	*fd = socket(
		to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return LOOK_BAD;
	if (connect(*fd, (struct sockaddr *)(void *)&to, len) < 0)
		return errno == EINPROGRESS ? LOOK_CONNECTING : give_up(fd);
	result = look_connected(probe, *fd);
	if (result == LOOK_BAD)
		return give_up(fd);
	if (result == LOOK_GOOD)
		give_up(fd);
	return result;
}

static enum look_result
begin_unix(const char *path, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path)) {
		if (fd >= 0)
			close(fd);
		return LOOK_BAD;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)(void *)&to, sizeof(to)) < 0)
		error = errno;
	close(fd);
	if (error == EPROTOTYPE && type == SOCK_STREAM)
		return LOOK_CONNECTING;
	/* EAGAIN: somebody listens, and has much to do. */
	return error == 0 || error == EAGAIN ? LOOK_GOOD : LOOK_BAD;
}

enum look_result
look_begin(const struct probe *probe, const char *path, bool is_second, int *fd)
{
	static const int others[] = {SOCK_DGRAM, SOCK_SEQPACKET};
	enum look_result result;

	*fd = -1;
	if (probe->kind != PROBE_UNIX)
		return begin_inet(probe, is_second, fd);
	result = begin_unix(path, SOCK_STREAM);
	for (unsigned i = 0; result == LOOK_CONNECTING && i < 2; i++)
		result = begin_unix(path, others[i]) == LOOK_GOOD
				 ? LOOK_GOOD
				 : LOOK_CONNECTING;
	return result == LOOK_CONNECTING ? LOOK_BAD : result;
}

enum look_result
look_connected(const struct probe *probe, int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ||
		error != 0)
		return LOOK_BAD;
	return probe->kind == PROBE_HTTP ? ask(probe, fd) : LOOK_GOOD;
}

bool
look_answer(int fd)
{
	char bytes[PROBE_HTTP_BYTES];
	ssize_t len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return len > 0 &&
	       probe_http_is_good(probe_http_status(bytes, (size_t)len));
}

/* A number alone, perhaps with a newline behind it. -1: anything else. */
static pid_t
parse_pid(const char *text, size_t len)
{
	long pid = 0;
	size_t i = 0;

	while (i < len && text[i] >= '0' && text[i] <= '9' && pid < INT32_MAX)
		pid = pid * 10 + (text[i++] - '0');
	if (i == 0 || pid <= 1 || pid > INT32_MAX)
		return -1;
	while (i < len &&
		(text[i] == '\n' || text[i] == ' ' || text[i] == '\r'))
		i++;
	return i == len ? (pid_t)pid : -1;
}

bool
look_pid_file(const char *path, pid_t main)
{
	char text[32];
	struct stat st;
	ssize_t len = -1;
	pid_t pid;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		len = read(fd, text, sizeof(text));
	close(fd);
	pid = len < 0 || len == sizeof(text) ? -1
					     : parse_pid(text, (size_t)len);
	if (pid < 0 || main <= 0)
		return false;
	if (pid == main)
		return true;
	return getsid(pid) == getsid(main) && kill(pid, 0) == 0;
}
