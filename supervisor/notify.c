#include "supervisor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/loop.h"
#include "supervisor/notify_parse.h"
#include "supervisor/pids.h"
#include "supervisor/ready.h"
#include "supervisor/spawn.h"
#include "supervisor/supervisor.h"
#include "supervisor/watches.h"

#define FILE_NAME     "notify"
#define FILE_NAME_NEW "notify.new"
/* In one turn, so that other events have theirs as well. */
#define MESSAGES_MOST 32u
/* So many strangers' messages in a row, and nobody is listened to for this
 * long: who floods the socket gets little of our time. */
#define STRANGERS_MOST 64u
#define DEAF_MS	       100u
#define SAY_AGAIN_MS   10000u

static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static unsigned strangers;     /* since one was listened to */
static uint64_t deaf_until_ms; /* 0: we listen */
static uint64_t said_ms;       /* when a stranger was last complained about */

/* Only in a path that is short enough can anybody reach it. */
static bool
make_path(const struct supervisor *sv, const char *name, struct sockaddr_un *to)
{
	struct fmt f;

	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	fmt_init(&f, to->sun_path, sizeof(to->sun_path));
	fmt_str(&f, sv->runtime);
	fmt_char(&f, '/');
	fmt_str(&f, name);
	return sv->runtime[0] == '/' && !f.is_cut;
}

/* Under another name first: there is no moment without the path. */
static int
bind_path(const struct supervisor *sv, int fd)
{
	struct sockaddr_un new;
	struct sockaddr_un to;

	if (!make_path(sv, FILE_NAME_NEW, &new) ||
		!make_path(sv, FILE_NAME, &to)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlinkat(sv->runtime_fd, FILE_NAME_NEW, 0);
	if (bind(fd, (struct sockaddr *)(void *)&new, sizeof(new)) < 0 ||
		fchmodat(sv->runtime_fd, FILE_NAME_NEW, 0666, 0) < 0 ||
		renameat(sv->runtime_fd, FILE_NAME_NEW, sv->runtime_fd,
			FILE_NAME) < 0)
		return -1;
	memcpy(path, to.sun_path, sizeof(path));
	return 0;
}

void
notify_need(struct supervisor *sv)
{
	const int yes = 1;
	int fd;

	if (sv->notify_fd > 0 || sv->runtime_fd < 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) <
			0 ||
		bind_path(sv, fd) < 0 || loop_add(sv, fd, LOOP_NOTIFY) < 0) {
		log_error("%s/" FILE_NAME ": %m; services cannot say when "
			  "they are ready",
			sv->runtime);
		path[0] = '\0';
		if (fd >= 0)
			close(fd);
		return;
	}
	sv->notify_fd = fd;
}

const char *
notify_path(const struct supervisor *sv)
{
	return sv->notify_fd > 0 && path[0] != '\0' ? path : NULL;
}

static bool
may_send(const struct supervisor *sv, uint32_t id, uint8_t watches)
{
	return id != PLAN_NONE &&
	       (sv->service[id & PIDS_ID].watches & watches) != 0;
}

/* Of a service whose main process does not lead its session. */
static uint32_t
find_by_session(struct supervisor *sv, pid_t session)
{
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		pid_t pid;

		if (!sv->plan.svc[id].is_used || !may_send(sv, id, WATCH_ALL))
			continue;
		pid = journal_record(&sv->journal, id)->pid;
		if (pid > 0 && getsid(pid) == session)
			return id;
	}
	return PLAN_NONE;
}

/* A process that has been reaped cannot be told to belong to anything. */
static uint32_t
find_sender(struct supervisor *sv, pid_t pid)
{
	uint32_t id = pid > 0 ? pids_find(sv, pid) : PLAN_NONE;
	pid_t session;

	if ((id & PIDS_HOOK) == 0 && may_send(sv, id, WATCH_NOTIFY))
		return id;
	session = pid > 0 ? getsid(pid) : -1;
	if (session <= 0)
		return PLAN_NONE;
	id = pids_find(sv, session);
	if (may_send(sv, id, WATCH_ALL))
		return id & PIDS_ID;
	return find_by_session(sv, session);
}

static void
refuse(struct supervisor *sv, const struct ucred *from)
{
	strangers++;
	if (said_ms != 0 && sv->plan.now_ms - said_ms < SAY_AGAIN_MS)
		return;
	said_ms = sv->plan.now_ms;
	log_warn("%s: message of process %d of user %u, which is not the main "
		 "process of a service that uses it; ignored",
		path, (int)from->pid, (unsigned)from->uid);
}

static void
take(struct supervisor *sv, const struct ucred *from, const char *bytes,
	size_t len)
{
	uint32_t id = find_sender(sv, from->pid);
	struct notify message;

	if (id == PLAN_NONE) {
		refuse(sv, from);
		return;
	}
	if (!notify_parse(bytes, len, &message))
		return;
	strangers = 0;
	ready_take(sv, id, &message);
	act_run(sv);
}

/*
 * One message. There is room for credentials and for nothing else: descriptors
 * that come along are closed by the kernel, which is what a barrier waits for.
 */
static bool
receive(struct supervisor *sv)
{
	static char bytes[NOTIFY_BYTES];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(
		sv->notify_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	struct ucred from;

	if (len < 0)
		return errno == EINTR;
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_level != SOL_SOCKET ||
		c->cmsg_type != SCM_CREDENTIALS ||
		c->cmsg_len != CMSG_LEN(sizeof(from)))
		return true;
	memcpy(&from, CMSG_DATA(c), sizeof(from));
	if ((message.msg_flags & MSG_TRUNC) != 0)
		refuse(sv, &from);
	else
		take(sv, &from, bytes, (size_t)len);
	return true;
}

void
notify_read(struct supervisor *sv)
{
	if (sv->notify_fd <= 0 || deaf_until_ms != 0)
		return;
	for (unsigned n = 0; n < MESSAGES_MOST && receive(sv); n++)
		;
	if (strangers < STRANGERS_MOST)
		return;
	strangers = 0;
	deaf_until_ms = sv->plan.now_ms + DEAF_MS;
	loop_change(sv, sv->notify_fd, LOOP_NOTIFY, false);
}

void
notify_before_death(struct supervisor *sv, pid_t pid)
{
	uint32_t id;

	if (sv->notify_fd <= 0)
		return;
	id = pids_find(sv, pid);
	/* Of others only what fell to us can be of a service's session. */
	if (id == PLAN_NONE || may_send(sv, id, WATCH_NOTIFY))
		notify_read(sv);
}

void
notify_run(struct supervisor *sv)
{
	if (deaf_until_ms == 0 || sv->plan.now_ms < deaf_until_ms)
		return;
	deaf_until_ms = 0;
	loop_change(sv, sv->notify_fd, LOOP_NOTIFY, true);
}

int
notify_wait_ms(const struct supervisor *sv)
{
	if (deaf_until_ms == 0)
		return -1;
	return deaf_until_ms <= sv->plan.now_ms
		       ? 0
		       : (int)(deaf_until_ms - sv->plan.now_ms);
}
