/* Lines into files: limits, rotation, and what is done when a disk is full. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "supervisor/svlog/survey.h"
#include "supervisor/svlog/svlog.h"
#include "supervisor/svlog/turn.h"

#define BASE_AGAIN_S 5 /* how often a log in the fallback looks for its own */
#define SPACE_MS     1000 /* how long the removal of files may take */
#define AGAIN_MS     1000 /* how often a file that is full is finished again */
#define QUICK_S	     1 /* a file that is full within that was filled quickly */
#define OVER	     4u /* as large as so many files while the worker is behind */

static uint32_t
number(const struct svlog *s, const struct log *log)
{
	return (uint32_t)(log - s->logs);
}

static void
describe(const struct log *log, struct worker_job *job)
{
	memset(job, 0, sizeof(*job));
	job->fd = -1;
	job->dir_fd = -1;
	job->base = log->file.base;
	job->keep = log->entry.keep;
	job->size = log->file.size;
	memcpy(job->dir, log->name, log->name_len + 1);
	memcpy(job->processor, log->processor, sizeof(job->processor));
}

/* Whether what is written is `current` by now; asks for that again if not. */
static bool
is_named(struct svlog *s, const struct log *log)
{
	uint32_t n = number(s, log);
	struct turn *turn = turn_of(n);
	struct worker_job job;

	if (!turn->is_turned)
		return true;
	describe(log, &job);
	if (!turn_is_settled(turn, &job, s->now.second))
		return false;
	s->spool.slots[n].turned = 0;
	return true;
}

void
store_rotate(struct svlog *s, struct log *log)
{
	uint32_t n = number(s, log);
	struct turn *turn = turn_of(n);
	struct file *file = &log->file;
	struct worker_job job;
	bool is_there;

	if (file->fd < 0 || file->size == 0)
		return;
	describe(log, &job);
	is_there = turn_ask(turn, &job, SVLOG_LATE_MS);
	if (!is_there && errno != 0) {
		if (file->error != errno)
			log_error("%s: cannot be rotated: %m", log->name);
		file->error = errno;
	}
	svlog_due(s, svlog_ms() + AGAIN_MS);
	log->is_full = true;
	if (!is_there || !worker_has_room(SVLOG_LATE_MS))
		return;
	describe(log, &job);
	/* It fills them quickly: the next one is to be there in time. */
	job.is_next = s->now.second - file->first_s <= QUICK_S;
	s->spool.slots[n].turned = file->base == &s->fallback ? 2 : 1;
	if (turn_take(turn, &job, file, &s->now))
		log->is_full = false;
}

void
store_reopen(struct svlog *s, struct log *log)
{
	/* Who has no name yet is looked at as soon as it has. */
	log->file.looked_s = 0;
	if (!is_named(s, log))
		return;
	file_close(&log->file);
	turn_drop(turn_of(number(s, log)));
}

void
store_close(struct svlog *s, struct log *log)
{
	struct turn *turn = turn_of(number(s, log));

	if (!is_named(s, log))
		worker_wait_for(&turn->state, TURN_BUSY, SVLOG_LATE_MS);
	file_close(&log->file);
	turn_drop(turn);
	s->spool.slots[number(s, log)].turned = 0;
}

void
store_adopt(struct svlog *s, struct log *log)
{
	struct settle_names names = {.before = "", .given = ""};
	uint32_t *turned = &s->spool.slots[number(s, log)].turned;
	char name[ROTATE_NAME_LEN + 1];
	int dir_fd;

	if (*turned == 0)
		return;
	dir_fd = file_open_dir(
		*turned == 2 ? &s->fallback : &s->base, log->name);
	if (dir_fd < 0)
		return;
	if (settle(dir_fd, &names, false, name) == 0)
		*turned = 0;
	close(dir_fd);
}

static const char *
why(int error)
{
	switch (error) {
	case ENOSPC:
		return "no space";
	case EBUSY:
		return "disk too slow";
	default:
		return strerror(error);
	}
}

static bool
is_no_space(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EIO;
}

/* The notice of what was lost, once there is room for it: 0, or an error. */
static int
tell_lost(struct svlog *s, struct log *log)
{
	struct file *file = &log->file;
	uint64_t before = file->size;
	char line[128];
	struct fmt f;

	fmt_init(&f, line, sizeof(line));
	fmt_bytes(&f, s->now.text, STAMP_LEN);
	fmt_printf(&f, " - tend: %llu lines lost (%s)\n",
		(unsigned long long)file->lost, why(file->error));
	if (file_append(file, line, f.len) != f.len) {
		int error = errno;

		file_cut(file, before);
		return error;
	}
	log_info("%s: is written again; %llu lines were lost", log->name,
		(unsigned long long)file->lost);
	file->lost = 0;
	file->error = 0;
	return 0;
}

static void
say(struct log *log, const char *what, int error)
{
	errno = error;
	if (log->file.error != error)
		log_error("%s: %s: %m", log->name, what);
	log->file.error = error;
}

/* Its own place, or the fallback while that cannot be written. */
static bool
is_open(struct svlog *s, struct log *log)
{
	struct file *file = &log->file;

	struct turn *turn = turn_of(number(s, log));
	bool has_name = is_named(s, log);

	if (file->base == &s->fallback && has_name &&
		(log->own_s + BASE_AGAIN_S <= s->now.second ||
			log->own_s > s->now.second)) {
		struct file own = *file;

		log->own_s = s->now.second;
		own.base = &s->base;
		own.fd = -1;
		if (file_open(&own, &s->now, true) == 0) {
			file_close(file);
			turn_drop(turn);
			*file = own;
			file->error = 0;
			log_info(
				"%s: is in its own directory again", log->name);
			return true;
		}
	}
	if (file->fd >= 0 && file_is_lost(file, &s->now, has_name)) {
		file_close(file);
		turn_drop(turn);
	}
	if (file->fd >= 0 || file_open(file, &s->now, true) == 0)
		return true;
	if (file->base == &s->fallback || !s->fallback.path) {
		say(log, "cannot be opened; lines are dropped and counted",
			errno);
		return false;
	}
	say(log, "cannot be opened; it goes to the run-time directory", errno);
	file->base = &s->fallback;
	log->own_s = s->now.second;
	return file_open(file, &s->now, true) == 0;
}

static uint64_t
size_of(const struct svlog *s, const struct log *log)
{
	uint64_t size = log->entry.size;

	if (log->file.base == &s->fallback && size > s->fallback_size)
		size = s->fallback_size;
	return size;
}

bool
store_is_behind(const struct svlog *s, const struct log *log)
{
	return (log->entry.to & ENTRIES_FILE) && log->file.fd >= 0 &&
	       log->file.size / OVER >= size_of(s, log) &&
	       !turn_is_possible(turn_of(number(s, log)));
}

size_t
store_room(struct svlog *s, struct log *log)
{
	struct rotate_limits limits = {.age_s = log->entry.age_s};
	uint64_t room;

	if (!is_open(s, log))
		return 0;
	limits.size = size_of(s, log);
	/* Who is to lose none is not read: what was read is written. */
	if (log->entry.is_dropped && store_is_behind(s, log) &&
		!s->is_draining) {
		say(log,
			"cannot be finished in time; lines are dropped and "
			"counted",
			EBUSY);
		return 0;
	}
	if (log->file.lost > 0)
		tell_lost(s, log);
	room = rotate_room(
		&limits, log->file.size, log->file.first_s, s->now.second);
	/* Within a file, times do not go back. */
	if (log->file.size > 0 &&
		s->now.second + SVLOG_BACK_S < log->file.last_s)
		room = 0;
	log->file.last_s = s->now.second;
	if (room == 0) {
		store_rotate(s, log);
		room = limits.size;
	}
	if (log->file.size == 0 && limits.age_s > 0)
		svlog_due(s, svlog_ms() + (uint64_t)limits.age_s * 1000);
	return room < SPOOL_OUT ? (size_t)room : SPOOL_OUT;
}

/* Something of ours on the full disk that is older than what comes now. */
static bool
make_space(struct log *log)
{
	struct worker_job job = {.kind = WORKER_SPACE,
		.fd = -1,
		.dir_fd = -1,
		.base = log->file.base};

	memcpy(job.dead.name, log->file.name, strlen(log->file.name) + 1);
	return worker_make_space(&job, SPACE_MS);
}

void
store_tell(struct svlog *s, struct log *log)
{
	if (log->file.lost == 0)
		return;
	/* As for a line that comes. */
	if (is_open(s, log) && !store_is_behind(s, log) &&
		is_no_space(tell_lost(s, log)) && make_space(log))
		tell_lost(s, log);
	if (log->file.lost > 0)
		svlog_due(s, svlog_ms() + AGAIN_MS);
}

void
store_age(struct svlog *s, struct log *log)
{
	uint32_t age_s = log->entry.age_s;
	int64_t age;

	store_tell(s, log);
	if (log->file.fd < 0)
		return;
	if (!is_named(s, log))
		svlog_due(s, svlog_ms() + AGAIN_MS);
	if (log->file.size == 0)
		log->is_full = false;
	if (log->is_full)
		store_rotate(s, log);
	if (age_s == 0 || log->file.size == 0)
		return;
	age = s->now.second - log->file.first_s;
	if (age >= (int64_t)age_s)
		store_rotate(s, log);
	else
		svlog_due(s, svlog_ms() + (uint64_t)(age_s - age) * 1000);
}

/*
 * A file that was full before could not be finished in time, so that it is
 * what fills the disk: it is finished now and may be removed. The step's lines
 * go to the next one, all of them, so that a kill finds them in one place.
 */
static bool
leave_full(struct svlog *s, struct log *log, size_t *from)
{
	struct spool_step step = *spool_step(&s->spool);

	if (!log->is_full || !turn_is_possible(turn_of(number(s, log))))
		return false;
	file_cut(&log->file, step.off);
	if (log->file.size != step.off)
		return false;
	*from = 0;
	store_rotate(s, log);
	step.dev = log->file.dev;
	step.ino = log->file.ino;
	step.off = log->file.size;
	spool_commit(&s->spool, &step);
	return !log->is_full;
}

void
store_lost(struct svlog *s, struct log *log, const char *lines, size_t len)
{
	const char *end = lines + len;

	svlog_due(s, svlog_ms() + AGAIN_MS);
	while (lines < end &&
		(lines = memchr(lines, '\n', (size_t)(end - lines)))) {
		log->file.lost++;
		lines++;
	}
}

void
store_lines(struct svlog *s, struct log *log, size_t from)
{
	const char *out = s->spool.out;
	size_t len = spool_step(&s->spool)->out_len;
	const char *newline;
	size_t whole;
	int error;

	for (;;) {
		from += file_append(&log->file, out + from, len - from);
		if (from == len)
			return;
		error = errno;
		if (!is_no_space(error))
			break;
		if (make_space(log))
			continue;
		if (!leave_full(s, log, &from))
			break;
	}
	say(log, "cannot be written; lines are dropped and counted", error);
	newline = from ? memrchr(out, '\n', from) : NULL;
	whole = newline ? (size_t)(newline + 1 - out) : 0;
	file_cut(&log->file, log->file.size - (from - whole));
	store_lost(s, log, out + whole, len - whole);
}
