/* From a pipe to lines: docs/decisions/016 has the order of the steps. */
#include <errno.h>
#include <string.h>

#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/svlog.h"

/* What is read for a sink at once; as lines it must fit into that. */
#define SINK_READ 8192

/* How often a pipe looks whether the worker has come to its file. */
#define BEHIND_MS 20

/* Memory of a carry grows by pages. */
#define CARRY_STEP 4096u

static char
letter(const struct log *log, uint32_t stream)
{
	if (!log->entry.has_err)
		return '-';
	return stream ? 'e' : 'o';
}

/* One step: the lines made of text are written, and what they took is gone. */
static void
emit(struct svlog *s, struct log *log, const struct split *split,
	const struct split_text *text, const struct split_result *result,
	bool has_file)
{
	struct spool *spool = &s->spool;
	struct spool_step step = *spool_step(spool);
	struct split_text taken = *text;

	taken.in_len = result->taken;
	dest_add(s, log, split, &taken, result->lines, &step);
	step.in_at += (uint32_t)result->taken;
	step.carry_len = 0;
	step.out_len = has_file ? (uint32_t)result->made : 0;
	step.dev = log->file.dev;
	step.ino = log->file.ino;
	step.off = log->file.size;
	spool_commit(spool, &step);
	sink_added(spool);
	spool->slots[step.log].carry_len[step.stream] = 0;
	if (!has_file) {
		if (log->entry.to & ENTRIES_FILE)
			store_lost(s, log, spool->out, result->made);
		return;
	}
	store_lines(s, log, 0);
	step.out_len = 0;
	spool_commit(spool, &step);
}

/* What no newline has ended becomes the carry, or more of it. */
static bool
carry_on(struct svlog *s, uint32_t n, uint32_t stream)
{
	struct spool *spool = &s->spool;
	struct spool_step step = *spool_step(spool);
	struct spool_slot *slot = &spool->slots[n];
	struct log *log = &s->logs[n];
	size_t len;
	const char *rest = spool_rest(spool, &len);

	if (len == 0)
		return true;
	if (step.carry_len + len > log->carry_room[stream]) {
		uint32_t room = step.carry_len + (uint32_t)len;

		room = (room + CARRY_STEP - 1) / CARRY_STEP * CARRY_STEP;
		if (spool_carry_make(spool, n, stream, room) != 0)
			return false;
		log->carry_room[stream] = room;
	}
	memcpy(spool_carry(spool, n, stream) + step.carry_len, rest, len);
	step.in_at += (uint32_t)len;
	step.carry_len += (uint32_t)len;
	spool_commit(spool, &step);
	slot->carry_len[stream] = step.carry_len;
	if (log->flush_ms[stream] == SVLOG_NEVER) {
		log->flush_ms[stream] = svlog_ms() + SVLOG_FLUSH_MS;
		svlog_due(s, log->flush_ms[stream]);
	}
	return true;
}

static void
put_lines(struct svlog *s, uint32_t n, uint32_t stream, bool is_flushed)
{
	struct spool *spool = &s->spool;
	struct log *log = &s->logs[n];
	struct split split = {.shape = SPLIT_FILE,
		.stamp = s->now.text,
		.name = log->name,
		.name_len = log->name_len,
		.stream = letter(log, stream),
		.line_max = log->entry.line_max,
		.is_flushed = is_flushed};
	struct split_result result;

	do {
		size_t cap = (size_t)2 * spool->head->in_cap;
		struct split_text text = {
			.carry = spool_carry(spool, n, stream),
			.carry_len = spool_step(spool)->carry_len};
		size_t room = 0;

		text.in = spool_rest(spool, &text.in_len);
		if (text.carry_len + text.in_len == 0)
			break;
		if (log->entry.to & ENTRIES_FILE)
			room = store_room(s, log);
		if (room > 0 && room < cap)
			cap = room;
		result = split_lines(&split, &text, spool->out, cap);
		if (result.made == 0 && result.is_full && cap == room) {
			/* The next one does not fit into this file, or into
			 * none of that size. */
			if (log->file.size > 0)
				store_rotate(s, log);
			cap = split_most(&split, text.carry_len > split.line_max
							 ? text.carry_len
							 : split.line_max);
			room = log->file.fd >= 0 ? cap : 0;
			result = split_lines(&split, &text, spool->out, cap);
		}
		if (result.made == 0)
			break;
		log->flush_ms[stream] = SVLOG_NEVER;
		emit(s, log, &split, &text, &result, room > 0);
	} while (result.is_full);
}

static void
make_lines(struct svlog *s, uint32_t n, uint32_t stream)
{
	put_lines(s, n, stream, false);
	/* Without memory for a carry the line goes out in two. */
	if (!carry_on(s, n, stream))
		put_lines(s, n, stream, true);
}

bool
pump_is_blocked(struct svlog *s, uint32_t n)
{
	const struct log *log = &s->logs[n];

	return dest_is_any(s, log) && !dest_drain(s, n) &&
	       !log->entry.is_dropped;
}

void
pump_put(struct svlog *s, const struct spool_step *mark, uint32_t n, size_t len)
{
	spool_put(&s->spool, mark, n, len);
	make_lines(s, n, 0);
	dest_drain(s, n);
}

enum pump
pump_read(struct svlog *s, uint32_t n, uint32_t stream, int fd)
{
	struct log *log = &s->logs[n];
	size_t most = SPOOL_IN;
	ssize_t got;

	if (pump_is_blocked(s, n))
		return PUMP_BLOCKED;
	if (dest_is_any(s, log))
		most = SINK_READ;
	if (store_is_behind(s, log) && !log->entry.is_dropped &&
		!s->is_draining) {
		svlog_due(s, svlog_ms() + BEHIND_MS);
		return PUMP_BLOCKED;
	}
	errno = 0;
	got = spool_read(&s->spool, fd, n, stream, most);
	s->was_filled = got == (ssize_t)SPOOL_IN;
	if (got < 0 && errno == EINTR)
		return PUMP_MORE;
	if (got <= 0)
		return PUMP_EMPTY;
	svlog_clock(s);
	make_lines(s, n, stream);
	dest_drain(s, n);
	return PUMP_MORE;
}

static void
select_stream(struct svlog *s, uint32_t n, uint32_t stream)
{
	struct spool_step step = *spool_step(&s->spool);

	spool_select(&s->spool, &step, n, stream);
	spool_commit(&s->spool, &step);
}

void
pump_flush(struct svlog *s, uint32_t n, uint32_t stream)
{
	s->logs[n].flush_ms[stream] = SVLOG_NEVER;
	if (s->spool.slots[n].carry_len[stream] == 0)
		return;
	select_stream(s, n, stream);
	svlog_clock(s);
	put_lines(s, n, stream, true);
	spool_carry_drop(&s->spool, n, stream);
	s->logs[n].carry_room[stream] = 0;
	dest_drain(s, n);
}

/* Lines that were being written: as many of them as are not there yet. */
static void
recover_lines(struct svlog *s, struct log *log)
{
	struct spool_step step = *spool_step(&s->spool);
	struct file *file = &log->file;
	size_t from = 0;

	if (file_open(file, &s->now, false) != 0 && s->fallback.path) {
		file->base = &s->fallback;
		if (file_open(file, &s->now, false) != 0) {
			store_lost(s, log, s->spool.out, step.out_len);
			return;
		}
	}
	if (file->fd >= 0 && file->dev == step.dev && file->ino == step.ino &&
		file->size > step.off)
		from = (size_t)(file->size - step.off);
	if (from < step.out_len)
		store_lines(s, log, from);
}

void
pump_recover(struct svlog *s)
{
	struct spool *spool = &s->spool;
	struct spool_step step;
	struct log *log;

	svlog_clock(s);
	step = *spool_step(spool);
	log = &s->logs[step.log];
	if (!log->name)
		return;
	if (step.out_len > 0) {
		recover_lines(s, log);
		step.out_len = 0;
		spool_commit(spool, &step);
	}
	spool->slots[step.log].carry_len[step.stream] = step.carry_len;
	make_lines(s, step.log, step.stream);
}
