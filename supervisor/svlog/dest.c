/* Where lines go beside a file: stdout, syslog, and services. */
#include <string.h>
#include <poll.h>

#include "lib/fmt.h"
#include "supervisor/svlog/sink.h"
#include "supervisor/svlog/svlog.h"

#define POLL_MS 20

/* How a log's lines go to one of them. */
struct way {
	uint32_t kind; /* SINK_STDOUT and so on */
	enum split_shape shape;
	bool is_closed; /* it takes nothing now */
};

static bool
has_stdout(const struct svlog *s, const struct log *log)
{
	return (log->entry.to & ENTRIES_STDOUT) != 0 && s->out.fd >= 0;
}

static bool
has_syslog(const struct log *log)
{
	return (log->entry.to & ENTRIES_RELAY) != 0;
}

/* The number of its sink; 0: it logs to no service. */
static uint32_t
feed_of(const struct svlog *s, const struct log *log)
{
	return s->spool.slots[log - s->logs].feed;
}

bool
dest_is_any(const struct svlog *s, const struct log *log)
{
	return has_stdout(s, log) || has_syslog(log) || feed_of(s, log) != 0;
}

bool
dest_drain(struct svlog *s, uint32_t n)
{
	const struct log *log = &s->logs[n];
	uint32_t k = feed_of(s, log);
	bool is_done = true;

	if (has_stdout(s, log) && !outlet_drain(s))
		is_done = false;
	/* Nobody waits for this one. */
	if (has_syslog(log))
		relay_run(s);
	/* One without a pipe is not waited for: nobody may ever make it. */
	if (k != 0 && !feed_drain(s, k) && s->feeds[k].is_blocked)
		is_done = false;
	return is_done;
}

bool
dest_finish(struct svlog *s, uint32_t n)
{
	uint32_t k = feed_of(s, &s->logs[n]);
	uint64_t begin = svlog_ms();
	uint64_t now = begin;
	bool is_done;

	while (!(is_done = dest_drain(s, n)) && now - begin < s->patience_ms) {
		struct pollfd ready[2] = {
			{.fd = s->out.is_blocked ? s->out.fd : -1,
				.events = POLLOUT},
			{.fd = k ? s->feeds[k].fd - 1 : -1, .events = POLLOUT}};

		poll(ready, 2, POLL_MS);
		now = svlog_ms();
	}
	now -= begin;
	s->patience_ms -= now < s->patience_ms ? now : s->patience_ms;
	return is_done;
}

/* Says in the sink how many lines it did not get. */
static void
tell_dropped(struct svlog *s, struct log *log, struct split split,
	struct spool_step *step, uint32_t kind)
{
	struct split_text text = {.carry = "", .carry_len = 0};
	char line[80];
	size_t lines = 0;
	struct fmt f;

	if (log->dropped[kind] == 0)
		return;
	fmt_init(&f, line, sizeof(line));
	fmt_printf(&f, "tend: %llu lines lost (output blocked)\n",
		(unsigned long long)log->dropped[kind]);
	text.in = line;
	text.in_len = f.len;
	split.stream = '-';
	if (sink_add(&s->spool, step, kind, &split, &text, &lines))
		log->dropped[kind] = 0;
}

static void
add(struct svlog *s, struct log *log, const struct way *way,
	const struct split *split, const struct split_text *text, size_t lines,
	struct spool_step *step)
{
	struct split mine = *split;
	size_t added = 0;

	mine.shape = way->shape;
	/* What it gets are whole pieces: the last one, too. */
	mine.is_flushed = true;
	if (way->is_closed) {
		log->dropped[way->kind] += lines;
		return;
	}
	tell_dropped(s, log, mine, step, way->kind);
	if (!sink_add(&s->spool, step, way->kind, &mine, text, &added))
		log->dropped[way->kind] += lines - added;
}

void
dest_add(struct svlog *s, struct log *log, const struct split *split,
	const struct split_text *text, size_t lines, struct spool_step *step)
{
	if (has_stdout(s, log))
		add(s, log,
			&(struct way){
				SINK_STDOUT, s->out.shape, s->out.is_blocked},
			split, text, lines, step);
	if (has_syslog(log)) {
		struct split mine = *split;

		mine.rfc = relay_form(s);
		add(s, log, &(struct way){SINK_SYSLOG, SPLIT_SYSLOG, false},
			&mine, text, lines, step);
		s->relay.dropped += log->dropped[SINK_SYSLOG];
		log->dropped[SINK_SYSLOG] = 0;
	}
	if (step->feed != 0)
		add(s, log,
			&(struct way){SINK_FEED, SPLIT_RAW,
				s->feeds[step->feed].is_blocked ||
					!feed_is_open(s, step->feed)},
			split, text, lines, step);
}
