#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/hook.h"
#include "supervisor/loop.h"
#include "supervisor/pathwatch.h"
#include "supervisor/ready.h"
#include "supervisor/ready_private.h"
#include "supervisor/supervisor.h"

#define INDEX_BITS 15
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define TURN_MASK  0x1ffu
/* Sockets at a time; more looks wait for a moment. */
#define LOOKING_MOST 64u
#define PUT_OFF_MS   10u

_Static_assert(SERVICES_MAX <= INDEX_MASK + 1, "an index has its bits");

static struct watcher *watchers; /* SERVICES_MAX of them; NULL: none yet */
static uint32_t used;		 /* all from here on were never in use */
static uint32_t first_free;
static unsigned looking;
static struct timers timers;

static void *
reserve(size_t bytes)
{
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return base == MAP_FAILED ? NULL : base;
}

static bool
make_tables(void)
{
	if (watchers)
		return true;
	timers.heap = reserve(SERVICES_MAX * sizeof(uint32_t));
	timers.place = reserve(SERVICES_MAX * sizeof(uint32_t));
	timers.deadline = reserve(SERVICES_MAX * sizeof(uint64_t));
	if (timers.heap && timers.place && timers.deadline)
		watchers = reserve(SERVICES_MAX * sizeof(*watchers));
	first_free = PLAN_NONE;
	return watchers != NULL;
}

static uint32_t
index_of(const struct watcher *w)
{
	return (uint32_t)(w - watchers);
}

struct watcher *
watcher_find(const struct supervisor *sv, uint32_t id)
{
	uint16_t n = sv->service[id].watcher;

	return n == 0 ? NULL : &watchers[n - 1];
}

static struct watcher *
take_free(void)
{
	struct watcher *w;

	if (first_free != PLAN_NONE) {
		w = &watchers[first_free];
		first_free = w->next;
		return w;
	}
	w = &watchers[used];
	timers.place[used++] = TIMERS_NONE;
	return w;
}

struct watcher *
watcher_get(struct supervisor *sv, uint32_t id)
{
	struct watcher *w = watcher_find(sv, id);

	if (!w) {
		if (!make_tables()) {
			log_error("%s: no memory to watch it",
				service_name(sv, id));
			return NULL;
		}
		w = take_free();
		sv->service[id].watcher = (uint16_t)(index_of(w) + 1);
	} else {
		watcher_stop(sv, w);
	}
	*w = (struct watcher){
		.svc = id, .fd = -1, .watch = -1, .turn = w->turn};
	watcher_arm(w);
	return w;
}

void
watcher_drop(struct supervisor *sv, uint32_t id)
{
	struct watcher *w = watcher_find(sv, id);

	if (!w)
		return;
	watcher_stop(sv, w);
	timers_set(&timers, index_of(w), 0);
	sv->service[id].watcher = 0;
	w->svc = PLAN_NONE;
	w->next = first_free;
	first_free = index_of(w);
}

void
watcher_arm(const struct watcher *w)
{
	if (w->svc != PLAN_NONE)
		timers_set(&timers, index_of(w), vigil_next(&w->vigil));
}

struct watcher *
watcher_due(uint64_t now_ms)
{
	uint32_t n = timers_pop(&timers, now_ms);

	return n == TIMERS_NONE ? NULL : &watchers[n];
}

int
ready_wait_ms(const struct supervisor *sv)
{
	uint64_t next = timers_next(&timers);

	if (next == 0)
		return -1;
	if (next <= sv->plan.now_ms)
		return 0;
	next -= sv->plan.now_ms;
	return next > INT32_MAX ? INT32_MAX : (int)next;
}

void
watcher_name_fifo(
	const struct supervisor *sv, uint32_t id, char out[WATCHER_FILE_CAP])
{
	const char *name = service_name(sv, id);
	size_t len = strnlen(name, NAME_CAP - 1);

	memcpy(out, name, len);
	memcpy(out + len, SPEC_READY, sizeof(SPEC_READY));
}

void
watcher_close(struct supervisor *sv, struct watcher *w)
{
	char file[WATCHER_FILE_CAP];

	if (w->doing == DOING_FIFO) {
		watcher_name_fifo(sv, w->svc, file);
		unlinkat(sv->pipe_fd, file, 0);
	} else if (w->doing == DOING_CONNECT || w->doing == DOING_ASK) {
		looking--;
	}
	if (w->fd >= 0 && w->doing != DOING_NOTHING)
		loop_remove(sv, w->fd);
	if (w->fd >= 0)
		close(w->fd);
	w->doing = DOING_NOTHING;
	w->fd = -1;
	w->turn++;
}

void
watcher_stop(struct supervisor *sv, struct watcher *w)
{
	/* Not what takes its place, which would be forgotten. */
	if (w->doing == DOING_COMMAND && !sv->service[w->svc].is_hook_next)
		hook_signal(sv, w->svc, SIGKILL);
	watcher_close(sv, w);
	if (w->watch >= 0)
		pathwatch_remove(sv, w->watch);
	w->watch = -1;
}

bool
watcher_wait(struct supervisor *sv, struct watcher *w, bool for_output)
{
	uint32_t word = watcher_word(w);

	if (for_output ? loop_add_output(sv, w->fd, word) < 0
		       : loop_add(sv, w->fd, word) < 0)
		return false;
	w->doing = for_output ? DOING_CONNECT : DOING_ASK;
	looking++;
	return true;
}

bool
watcher_may_look(struct watcher *w, uint64_t now_ms)
{
	if (looking < LOOKING_MOST)
		return true;
	w->vigil.is_looking = false;
	w->vigil.look_ms = now_ms + PUT_OFF_MS;
	return false;
}

bool
watcher_open_fifo(struct supervisor *sv, struct watcher *w, const char *file)
{
	w->fd = openat(sv->pipe_fd, file,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd < 0)
		return false;
	if (loop_add(sv, w->fd, watcher_word(w)) < 0) {
		close(w->fd);
		w->fd = -1;
		return false;
	}
	w->doing = DOING_FIFO;
	return true;
}

uint32_t
watcher_word(const struct watcher *w)
{
	return LOOP_READY | (w->turn & TURN_MASK) << INDEX_BITS | index_of(w);
}

struct watcher *
watcher_of(uint32_t word)
{
	uint32_t n = word & INDEX_MASK;
	struct watcher *w = n < used ? &watchers[n] : NULL;

	if (!w || w->svc == PLAN_NONE ||
		(word >> INDEX_BITS & TURN_MASK) != (w->turn & TURN_MASK))
		return NULL;
	return w;
}

void
ready_path_event(struct supervisor *sv, int watch)
{
	for (uint32_t n = 0; n < used; n++) {
		struct watcher *w = &watchers[n];

		if (w->svc == PLAN_NONE || w->watch != watch)
			continue;
		vigil_hurry(&w->vigil, sv->plan.now_ms);
		watcher_arm(w);
	}
}
