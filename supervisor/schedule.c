#include "supervisor/schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/calendar.h"
#include "lib/def.h"
#include "lib/loaded.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/state.h"
#include "supervisor/cold.h"
#include "supervisor/loop.h"
#include "supervisor/record.h"
#include "supervisor/schedule_due.h"
#include "supervisor/spawn_build.h"
#include "supervisor/stamp.h"
#include "supervisor/supervisor.h"

#define SCHEDULE_ARENA LOADED_ARENA_BYTES

struct timed {
	uint32_t id;
	uint32_t starts; /* of the plan, when it was last looked at */
	int64_t next_ms; /* real time; 0: nothing is waited for */
	int64_t last_ms; /* see schedule_due.h */
	int64_t last_boot_ms;
	int64_t armed_boot_ms;
	bool catches_up; /* as the definition said */
	bool rested;	 /* nothing of it was under way then */
	bool has_stamp;	 /* last_ms need not be looked for any more */
};

static struct timed *timed;
static uint32_t count;
static uint32_t cap;
static int timer_fd = -1;
static int64_t set_ms; /* what the timer is set to */

static int64_t
real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int32_t
local_offset(void *context, int64_t utc)
{
	time_t seconds = (time_t)utc;
	struct tm tm;

	(void)context;
	return localtime_r(&seconds, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

static struct timed *
find(uint32_t id)
{
	for (uint32_t i = 0; i < count; i++)
		if (timed[i].id == id)
			return &timed[i];
	return NULL;
}

static struct timed *
find_or_add(struct supervisor *sv, uint32_t id)
{
	struct timed *t = find(id);

	if (t)
		return t;
	if (count == cap) {
		uint32_t more_cap = cap * 2 + 8;
		struct timed *more = realloc(timed, more_cap * sizeof(*timed));

		if (!more) {
			log_error("%s: %m; it does not run at its times",
				service_name(sv, id));
			return NULL;
		}
		timed = more;
		cap = more_cap;
	}
	/* One that runs and is not taken over has begun in this turn. */
	timed[count] = (struct timed){.id = id,
		.starts = state_has_process(sv->plan.svc[id].state) &&
					  !sv->service[id].is_adopted
				  ? 0
				  : sv->plan.svc[id].starts,
		.armed_boot_ms = (int64_t)sv->plan.boot_ms,
		.rested = true};
	return &timed[count++];
}

static void
set_timer(struct supervisor *sv)
{
	struct itimerspec spec = {{0, 0}, {0, 0}};
	int64_t next = 0;

	for (uint32_t i = 0; i < count; i++)
		if (timed[i].next_ms != 0 &&
			(next == 0 || timed[i].next_ms < next))
			next = timed[i].next_ms;
	if (next == set_ms)
		return;
	if (timer_fd < 0) {
		timer_fd = timerfd_create(
			CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
		if (timer_fd < 0 || loop_add(sv, timer_fd, LOOP_SCHEDULE) < 0)
			log_error("timer: %m; services do not run at their "
				  "times");
	}
	set_ms = next;
	spec.it_value.tv_sec = (time_t)(next / 1000);
	spec.it_value.tv_nsec = (long)(next % 1000) * 1000000;
	/* ECANCELED: the clock was set since; it is set all the same, and we
	 * are told. */
	if (timer_fd >= 0)
		timerfd_settime(timer_fd,
			TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec,
			NULL);
}

/* Its schedule; false: its definition cannot be read. */
static bool
read_facts(struct supervisor *sv, uint32_t id, struct arena *arena,
	struct schedule_facts *f, struct calendar *at)
{
	struct def def;
	size_t bad;

	if (!spawn_read_definition(sv, id, arena, &def))
		return false;
	f->every_ms = def.every_ms;
	f->random_delay_ms = def.random_delay_ms;
	f->catch_up = def.catch_up;
	at->count = 0;
	for (unsigned i = 0; i < def.at.len; i++)
		calendar_parse(at, def.at.item[i], &bad);
	return true;
}

/* What is known of runs before our time. */
static void
recall(struct supervisor *sv, struct timed *t, const struct schedule_facts *f)
{
	if (t->has_stamp)
		return;
	t->has_stamp = true;
	t->last_ms = stamp_read(sv, t->id, f->catch_up);
	/* A time that it is to be made good from, should we be off. */
	if (t->last_ms == 0 && f->at->count > 0) {
		t->last_ms = f->real_ms;
		stamp_write(sv, t->id, f->catch_up);
		/* With `every` as well, it has not run yet. */
		if (f->every_ms != 0)
			t->last_ms = 0;
	}
}

static void
reckon(struct supervisor *sv, struct timed *t)
{
	struct calendar at;
	struct schedule_facts f = {.at = &at,
		.seed = sv->plan.seed ^ name_hash(service_name(sv, t->id)),
		.real_ms = real_ms(),
		.boot_ms = (int64_t)clock_boot_ms(),
		.armed_boot_ms = t->armed_boot_ms,
		.zone = local_offset};
	struct arena arena;
	void *base = mmap(NULL, SCHEDULE_ARENA, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	t->next_ms = 0;
	if (base == MAP_FAILED)
		return;
	arena_init(&arena, base, SCHEDULE_ARENA);
	if (read_facts(sv, t->id, &arena, &f, &at)) {
		recall(sv, t, &f);
		f.last_ms = t->last_ms;
		f.last_boot_ms = t->last_boot_ms;
		t->next_ms = schedule_due(&f);
		t->catches_up = f.catch_up;
	}
	munmap(base, SCHEDULE_ARENA);
}

static void
note_run(struct supervisor *sv, struct timed *t)
{
	t->last_ms = real_ms();
	t->last_boot_ms = (int64_t)clock_boot_ms();
	t->has_stamp = true;
	t->rested = false;
	stamp_write(sv, t->id, t->catches_up);
}

void
schedule_look(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	struct timed *t;

	cold_used(sv);
	t = find_or_add(sv, id);
	if (!t)
		return;
	/* Somebody has started it; of those that were due it is known. */
	if (s->starts != t->starts && t->rested)
		note_run(sv, t);
	t->starts = s->starts;
	/* One that waits, or is to be tried again, is under way. */
	t->rested = s->state == SVC_DOWN || s->state == SVC_FAILED ||
		    s->state == SVC_SKIPPED || s->state == SVC_DONE;
	if (plan_is_timer_on(s))
		reckon(sv, t);
	else
		t->next_ms = 0;
	set_timer(sv);
}

uint64_t
schedule_next_ms(const struct supervisor *sv, uint32_t id)
{
	const struct timed *t =
		sv->plan.svc[id].policy.is_timed ? find(id) : NULL;

	return t && t->next_ms > 0 ? (uint64_t)t->next_ms : 0;
}

/* Services that are gone, or run at no times any more. */
static void
tidy(struct supervisor *sv)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct plan_svc *s = &sv->plan.svc[timed[i].id];

		if (s->is_used && s->policy.is_timed)
			timed[kept++] = timed[i];
	}
	count = kept;
}

void
schedule_ready(struct supervisor *sv)
{
	uint64_t expirations;
	bool was_set = read(timer_fd, &expirations, sizeof(expirations)) < 0 &&
		       errno == ECANCELED;
	int64_t now = real_ms();

	cold_used(sv);
	tidy(sv);
	set_ms = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct timed *t = &timed[i];

		if (t->next_ms == 0)
			continue;
		/* Or all of us were held up: it may be too late now. */
		if (was_set || now - t->next_ms > SCHEDULE_LATE_MS) {
			reckon(sv, t);
			record_show_later(sv, t->id);
		}
		if (t->next_ms == 0 || t->next_ms > now)
			continue;
		/* Also when it cannot start: not again and again. */
		note_run(sv, t);
		t->next_ms = 0;
		plan_event(&sv->plan, t->id, EVENT_DUE, 0, PLAN_NONE);
	}
	set_timer(sv);
}
