#include "supervisor/svlog/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/fmt.h"

#define STACK_BYTES (128u << 10)

/* Of the thread while it runs, of the others before and after. */
static struct resolve result;
static _Atomic bool is_running;
static int event_fd = -1;

static int
ask(struct resolve *answer, const struct logaddr *addr, int flags)
{
	struct addrinfo hints = {.ai_flags = flags | AI_NUMERICSERV,
		.ai_socktype =
			addr->kind == LOGADDR_TCP ? SOCK_STREAM : SOCK_DGRAM};
	struct addrinfo *list;
	char port[8];
	struct fmt f;
	int error;

	fmt_init(&f, port, sizeof(port));
	fmt_u64(&f, addr->port);
	answer->of = *addr;
	answer->count = 0;
	error = getaddrinfo(addr->host, port, &hints, &list);
	if (error != 0)
		return error;
	for (const struct addrinfo *at = list;
		at && answer->count < RESOLVE_MOST; at = at->ai_next) {
		memcpy(&answer->addr[answer->count], at->ai_addr,
			at->ai_addrlen);
		answer->len[answer->count++] = at->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

bool
resolve_number(struct resolve *answer, const struct logaddr *addr)
{
	return ask(answer, addr, AI_NUMERICHOST) == 0;
}

static void *
run(void *unused)
{
	uint64_t one = 1;
	struct logaddr of = result.of;
	int error = ask(&result, &of, 0);
	ssize_t ignored;

	if (error != 0)
		result.error = gai_strerror(error);
	atomic_store(&is_running, false);
	ignored = write(event_fd, &one, sizeof(one));
	(void)ignored;
	return unused;
}

int
resolve_start(const struct logaddr *addr)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int error;

	if (event_fd < 0)
		event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (event_fd < 0 || atomic_load(&is_running))
		return event_fd;
	result.of = *addr;
	atomic_store(&is_running, true);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error == 0)
		return event_fd;
	atomic_store(&is_running, false);
	errno = error;
	return -1;
}

bool
resolve_take(struct resolve *answer)
{
	uint64_t count;

	if (event_fd < 0 || atomic_load(&is_running) ||
		read(event_fd, &count, sizeof(count)) != sizeof(count))
		return false;
	*answer = result;
	return true;
}
