#include "supervisor/svlog/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/futex.h"
#include "supervisor/svlog/file.h"
#include "supervisor/svlog/spool.h"
#include "supervisor/svlog/worker.h"

#define EVERY_BIT 0xffffffffu

static struct turn turns[SPOOL_LOGS];
static _Atomic uint32_t used; /* of them */

struct turn *
turn_of(uint32_t n)
{
	if (n >= atomic_load(&used))
		atomic_store(&used, n + 1);
	return &turns[n];
}

static void
close_both(struct turn *turn)
{
	close(turn->fd);
	close(turn->dir_fd);
	atomic_store(&turn->state, TURN_NONE);
}

/* What the worker has made of it. */
static uint32_t
look(struct turn *turn)
{
	uint32_t state = atomic_load(&turn->state);

	if (state == TURN_BUSY)
		return state;
	if (turn->is_settled)
		turn->is_turned = false;
	if (turn->is_dropped && state == TURN_READY)
		close_both(turn);
	turn->is_dropped = false;
	return atomic_load(&turn->state);
}

static bool
give(struct turn *turn, struct worker_job *job)
{
	job->kind = WORKER_TURN;
	job->turn = turn;
	job->is_turned = turn->is_turned;
	turn->is_settled = false;
	atomic_store(&turn->state, TURN_BUSY);
	return worker_add(job, 0);
}

bool
turn_ask(struct turn *turn, struct worker_job *job, uint32_t ms)
{
	uint32_t state = look(turn);

	if (state == TURN_NONE || state == TURN_FAILED) {
		if (!worker_has_room(ms)) {
			errno = 0;
			return false;
		}
		job->fd = -1;
		job->dir_fd = -1;
		job->is_next = true;
		give(turn, job);
	}
	worker_wait_for(&turn->state, TURN_BUSY, ms);
	state = look(turn);
	errno = state == TURN_FAILED ? turn->error : 0;
	return state == TURN_READY;
}

bool
turn_take(struct turn *turn, struct worker_job *job, struct file *file,
	const struct stamp *now)
{
	int old_fd = file->fd;

	if (look(turn) != TURN_READY || !worker_has_room(0))
		return false;
	/* Somebody has removed it, or written to it. */
	if (file_take(file, turn->fd, now) != 0) {
		close_both(turn);
		return false;
	}
	job->fd = old_fd;
	job->dir_fd = turn->dir_fd;
	turn->is_turned = true;
	return give(turn, job);
}

bool
turn_is_settled(struct turn *turn, struct worker_job *job, int64_t now_s)
{
	uint32_t state = look(turn);

	if (!turn->is_turned)
		return true;
	if (state == TURN_FAILED && turn->tried_s != now_s &&
		worker_has_room(0)) {
		turn->tried_s = now_s;
		job->fd = -1;
		job->dir_fd = -1;
		job->is_next = false;
		give(turn, job);
	}
	return false;
}

bool
turn_is_possible(struct turn *turn)
{
	return look(turn) != TURN_BUSY && worker_has_room(0);
}

void
turn_drop(struct turn *turn)
{
	uint32_t state = look(turn);

	turn->is_dropped = state == TURN_BUSY;
	turn->is_turned = false;
	if (state == TURN_READY)
		close_both(turn);
}

static int
open_next(struct turn *turn, const struct worker_job *job)
{
	turn->fd = file_open_next(job->base, job->dir_fd);
	if (turn->fd < 0)
		return -1;
	turn->dir_fd = fcntl(job->dir_fd, F_DUPFD_CLOEXEC, 3);
	if (turn->dir_fd >= 0)
		return 0;
	close(turn->fd);
	return -1;
}

void
turn_work(struct worker_job *job)
{
	struct turn *turn = job->turn;
	struct file_base base = *job->base;
	uint32_t state = TURN_FAILED;

	job->name[0] = '\0';
	turn->is_settled = false;
	/* Its base is open: there is a file in it. */
	if (job->dir_fd < 0 && base.fd >= 0)
		job->dir_fd = file_open_dir(&base, job->dir);
	if (job->dir_fd >= 0 && settle(job->dir_fd, &turn->names,
					job->is_turned, job->name) == 0) {
		turn->is_settled = true;
		if (!job->is_next)
			state = TURN_NONE;
		else if (open_next(turn, job) == 0)
			state = TURN_READY;
	}
	turn->error = errno;
	atomic_store(&turn->state, state);
	futex_wake(&turn->state, EVERY_BIT, 1);
}

void
turn_end(void)
{
	for (uint32_t n = 0; n < atomic_load(&used); n++)
		if (atomic_load(&turns[n].state) == TURN_READY)
			unlinkat(turns[n].dir_fd, SETTLE_NEXT, 0);
}
