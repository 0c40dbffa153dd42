#include "supervisor/svlog/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/futex.h"
#include "supervisor/svlog/cold.h"
#include "supervisor/svlog/dead.h"
#include "supervisor/svlog/file.h"
#include "supervisor/svlog/oom.h"
#include "supervisor/svlog/process.h"
#include "supervisor/svlog/survey.h"
#include "supervisor/svlog/sync.h"
#include "supervisor/svlog/turn.h"

#define STACK_BYTES (64u << 10)
#define EVERY_BIT   0xffffffffu
#define SECOND_NS   UINT64_C(1000000000)
#define SYNC_EVERY_MS                                                          \
	100 /* what is removed again within that is not synced                 \
	     */

/* Less than who waits for space waits. */
#define SPACE_SYNC_MS 500

/* Counters run on for ever; jobs[n % WORKER_JOBS] is the n-th. */
static struct worker_job jobs[WORKER_JOBS];
static _Atomic uint32_t added;
static _Atomic uint32_t done;
static bool is_running;
static _Atomic bool has_made_space; /* the last job that was to */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The disk is not asked to wait for each file while they come one by one. */
static void
sync_sometimes(struct worker_job *job)
{
	static uint64_t synced_ms;
	uint64_t now = now_ms();

	if (job->fd < 0 || (synced_ms != 0 && now - synced_ms < SYNC_EVERY_MS))
		return;
	if (sync_file(job->fd))
		job->fd = -1;
	synced_ms = now;
}

static void
finished(struct worker_job *job)
{
	struct file_base *base = job->base;

	survey_keep(job->dir_fd, job->keep);
	base->total += job->size;
	if (base->max_total > 0 && base->total > base->max_total)
		base->total = survey_bound(base);
	if (job->processor[0] != '\0')
		process_add(job->dir_fd, job->name, job->processor);
	else
		sync_sometimes(job);
}

/* All directories are many: once a second. */
static bool
make_space(const struct worker_job *job)
{
	static uint64_t looked_ms;
	uint64_t now = now_ms();

	if (survey_remove(job->base, job->dead.name)) {
		/* It may be the one that is being synced: then it is still
		 * open and so still there. */
		sync_wait(SPACE_SYNC_MS);
		return true;
	}
	if (looked_ms != 0 && now - looked_ms < 1000)
		return false;
	looked_ms = now;
	if (!survey_remove(job->base, NULL))
		return false;
	sync_wait(SPACE_SYNC_MS);
	return true;
}

static void
run(struct worker_job *job)
{
	switch (job->kind) {
	case WORKER_TURN:
		turn_work(job);
		if (job->name[0] != '\0')
			finished(job);
		break;
	case WORKER_SURVEY:
		if (job->dir_fd >= 0)
			survey_unfinished(job->dir_fd);
		job->base->total = survey_bound(job->base);
		break;
	case WORKER_CHILD:
		process_look();
		break;
	case WORKER_BEGIN:
		oom_begin();
		break;
	case WORKER_DEAD:
		dead_record(job);
		break;
	case WORKER_SPACE:
		atomic_store(&has_made_space, make_space(job));
		break;
	case WORKER_FLUSH:
		fdatasync(job->fd);
		break;
	case WORKER_END:
		turn_end();
		process_finish(WORKER_END_MS);
		sync_wait(WORKER_END_MS);
		break;
	}
	if (job->fd >= 0)
		close(job->fd);
	if (job->dir_fd >= 0)
		close(job->dir_fd);
}

static void *
loop(void *unused)
{
	for (;;) {
		uint32_t mine = atomic_load(&done);

		if (mine == atomic_load(&added)) {
			futex_wait(&added, mine, EVERY_BIT, 3600 * SECOND_NS);
			continue;
		}
		run(&jobs[mine % WORKER_JOBS]);
		/* Its end was told of while there was no room. */
		process_look();
		atomic_store(&done, mine + 1);
		futex_wake(&done, EVERY_BIT, 1);
		/* The other thread may be asleep for long. */
		if (mine + 1 == atomic_load(&added))
			cold_worker_give_back();
	}
	return unused;
}

int
worker_start(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	is_running = pthread_create(&thread, &attributes, loop, NULL) == 0;
	pthread_attr_destroy(&attributes);
	return is_running ? 0 : -1;
}

static uint32_t
room(void)
{
	return WORKER_JOBS - (added - atomic_load(&done));
}

/* Until the n-th job is done; false: it is not in time. */
static bool
wait_for(uint32_t n, uint32_t ms)
{
	uint64_t until = now_ms() + ms;
	uint32_t seen;

	while ((int32_t)(n - (seen = atomic_load(&done))) > 0) {
		uint64_t now = now_ms();

		if (now >= until)
			return false;
		futex_wait(&done, seen, EVERY_BIT,
			(until - now) * (SECOND_NS / 1000));
	}
	return true;
}

void
worker_wait_for(const _Atomic uint32_t *word, uint32_t value, uint32_t ms)
{
	static uint32_t late; /* until so many are done */
	uint64_t until = now_ms() + ms;

	while (atomic_load(word) == value) {
		uint64_t now = now_ms();

		if ((int32_t)(late - atomic_load(&done)) > 0)
			return;
		late = atomic_load(&done);
		if (now >= until) {
			late = added;
			return;
		}
		futex_wait(word, value, EVERY_BIT,
			(until - now) * (SECOND_NS / 1000));
	}
}

bool
worker_has_room(uint32_t ms)
{
	static bool is_behind;

	if (!is_running || room() > 0) {
		is_behind = false;
		return true;
	}
	if (is_behind || ms == 0)
		return false;
	is_behind = !wait_for(added - WORKER_JOBS + 1, ms);
	return !is_behind;
}

bool
worker_add(const struct worker_job *job, uint32_t ms)
{
	uint32_t n = atomic_load(&added);

	if (!is_running) {
		struct worker_job mine = *job;

		run(&mine);
		return true;
	}
	if (!worker_has_room(ms))
		return false;
	jobs[n % WORKER_JOBS] = *job;
	atomic_store(&added, n + 1);
	futex_wake(&added, EVERY_BIT, 1);
	return true;
}

void
worker_wait(uint32_t ms)
{
	if (is_running)
		wait_for(added, ms);
}

bool
worker_make_space(const struct worker_job *job, uint32_t ms)
{
	static uint32_t asked; /* of the last one, how many were before it */
	bool is_alone = atomic_load(&done) == added;

	if (is_running && (int32_t)(asked - atomic_load(&done)) > 0)
		return false;
	if (!worker_add(job, 0))
		return false;
	asked = added;
	if (is_running && !wait_for(asked, ms))
		return false;
	/* What was removed before is closed now, too. */
	return atomic_load(&has_made_space) || !is_alone;
}
