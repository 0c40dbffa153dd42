/*
 * svctl logs -f: sleeps until a directory changes, or, where the kernel has no
 * watch to give, looks a few times a second.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "svctl/logs.h"
#include "svctl/svctl.h"

#define LOOK_MS	     200  /* without watches */
#define LOOK_SLOW_MS 2000 /* with them: for directories that are made anew */

#define EVENTS                                                                 \
	(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR)

struct watching {
	int fd; /* of inotify; -1: none */
	int base[LOGDIR_BASES];
	bool is_whole; /* every directory has a watch */
};

/* By descriptor: the path may lead elsewhere by now. */
static int
watch(const struct watching *w, int dir_fd)
{
	char path[64];
	struct fmt f;

	if (w->fd < 0)
		return -1;
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/self/fd/%d", dir_fd);
	return inotify_add_watch(w->fd, path, EVENTS);
}

static void
watch_all(struct watching *w, struct logs *l)
{
	w->is_whole = w->fd >= 0;
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (w->base[base] < 0 && l->dir.fd[base] >= 0)
			w->base[base] = watch(w, l->dir.fd[base]);
	}
	for (unsigned i = 0; i < l->count; i++) {
		struct logs_stream *stream = &l->stream[i];

		if (stream->watch < 0)
			stream->watch = watch(w, stream->read.dir_fd);
		if (stream->watch < 0)
			w->is_whole = false;
	}
}

/* A directory that was deleted gets no lines any more; its name may. */
static void
drop_deleted(struct logs *l)
{
	struct stat st;

	for (unsigned i = 0; i < l->count;) {
		struct logs_stream *stream = &l->stream[i];

		if (fstat(stream->read.dir_fd, &st) != 0 || st.st_nlink) {
			i++;
			continue;
		}
		logread_close(&stream->read);
		*stream = l->stream[--l->count];
	}
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (l->dir.fd[base] >= 0 && fstat(l->dir.fd[base], &st) == 0 &&
			!st.st_nlink) {
			close(l->dir.fd[base]);
			l->dir.fd[base] = -1;
		}
	}
}

/* Directories that came into being since. */
static void
find_new(struct watching *w, struct logs *l)
{
	drop_deleted(l);
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (l->dir.fd[base] < 0)
			w->base[base] = -1;
	}
	logdir_open_again(&l->dir);
	for (unsigned i = 0; i < l->names_len; i++)
		(void)logs_add(l, l->names[i]);
	if (!l->names)
		(void)logs_add_all(l);
	watch_all(w, l);
}

/* True: something happened above the directories of services. */
static bool
read_events(const struct watching *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool is_above = false;
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct inotify_event event;

			memcpy(&event, buf + at, sizeof(event));
			for (unsigned i = 0; i < LOGDIR_BASES; i++)
				is_above |= event.wd == w->base[i];
			is_above |= (event.mask & (IN_Q_OVERFLOW | IN_IGNORED |
							  IN_DELETE_SELF)) != 0;
			at += (ssize_t)(sizeof(event) + event.len);
		}
	}
	return is_above;
}

static bool
is_over(const struct logs *l)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 > l->until_us;
}

/* False: nobody reads what we print. */
static bool
wait_for_change(struct watching *w, struct logs *l)
{
	struct pollfd fds[] = {{1, 0, 0}, {w->fd, POLLIN, 0}};
	uint64_t now = clock_mono_ms();
	uint64_t ms = w->is_whole ? LOOK_SLOW_MS : LOOK_MS;
	int n;

	if (l->s->deadline_ms && l->s->deadline_ms - now < ms)
		ms = l->s->deadline_ms - now;
	n = poll(fds, 2, (int)ms);
	if (n < 0 && errno != EINTR)
		return false;
	if (n > 0 && fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return false;
	if ((w->fd >= 0 && read_events(w)) || n == 0)
		find_new(w, l);
	return true;
}

int
logs_follow(struct logs *l)
{
	struct watching w = {
		inotify_init1(IN_NONBLOCK | IN_CLOEXEC), {-1, -1}, false};
	int code = CODE_OK;

	/* Before the first look, so that no change is missed. */
	watch_all(&w, l);
	for (;;) {
		bool was_over = is_over(l);

		logs_drain(l);
		if (!out_flush(&l->s->out) || l->is_ended || was_over)
			break;
		if (l->s->deadline_ms && clock_mono_ms() >= l->s->deadline_ms) {
			code = CODE_TIMEOUT;
			break;
		}
		if (!wait_for_change(&w, l))
			break;
	}
	if (w.fd >= 0)
		close(w.fd);
	return code;
}
