/* svctl logs: its options and names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "svctl/alias.h"
#include "svctl/logs.h"
#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"
#include "svctl/when.h"

#define LINES_FOLLOWED 10 /* that are shown first, as tail does */

/* --- what is wanted ------------------------------------------------------ */

static int
add_named(struct logs *l)
{
	int first = CODE_OK;

	for (unsigned i = 0; i < l->names_len; i++) {
		const char *name = l->names[i];
		int code;

		if (logs_add(l, name) > 0 || logs_has(l, name))
			continue;
		/* What is known may begin to print. */
		if (errno == 0 && l->is_following &&
			logdir_is_known(l->s, name))
			continue;
		code = logdir_say_none(&l->dir, l->s, name);
		if (first == CODE_OK)
			first = code;
	}
	return first;
}

static int
add_everything(struct logs *l)
{
	bool is_none = true;

	if (logs_add_all(l) < 0)
		return logdir_say_error(&l->dir, 0, NULL, errno);
	for (unsigned base = 0; base < LOGDIR_BASES; base++)
		is_none &= l->dir.fd[base] < 0;
	if (!is_none || l->is_following)
		return CODE_OK;
	out_error(l->dir.path[0], "no such directory, so there are no logs");
	return CODE_FAILED;
}

static bool
read_times(struct logs *l)
{
	const struct log_options *log = &l->s->log;
	const char *wrong = NULL;
	struct timespec now;
	int64_t now_us;

	clock_gettime(CLOCK_REALTIME, &now);
	now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (log->until && !when_parse(log->until, now_us, &l->until_us))
		wrong = log->until;
	if (log->since && !when_parse(log->since, now_us, &l->since_us))
		wrong = log->since;
	if (wrong)
		out_error(wrong, "not a time; write 2026-11-23, 14:30, "
				 "2026-11-23T14:30:00Z, today, yesterday or "
				 "\"10min ago\"");
	return !wrong;
}

static bool
read_grep(struct logs *l)
{
	char message[128];
	int error;

	if (!l->s->log.grep)
		return true;
	error = regcomp(&l->grep, l->s->log.grep, REG_EXTENDED | REG_NOSUB);
	if (error) {
		(void)regerror(error, &l->grep, message, sizeof(message));
		out_error(l->s->log.grep, "not a regular expression: %s",
			message);
		return false;
	}
	l->has_grep = true;
	return true;
}

/* --- the verb ------------------------------------------------------------ */

/* Two descriptors for each directory that is read. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Older lines are wanted than can be read. */
static void
note_missing(struct logs *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct logs_stream *stream = &l->stream[i];
		const char *newest = NULL;
		unsigned count = logread_missing(&stream->read, &newest);
		char line[PATHS_CAP + NAME_CAP + 256];
		struct fmt f;

		if (!count)
			continue;
		fmt_init(&f, line, sizeof(line));
		fmt_printf(&f,
			"svctl: %s: not shown: what is in %u processed "
			"file%s, %s/%s/%s",
			stream->read.name, count, count == 1 ? "" : "s",
			l->dir.path[stream->base], stream->read.name, newest);
		fmt_str(&f, count == 1 ? "" : " and older");
		out_note(line);
	}
}

static int
say_read_errors(const struct logs *l)
{
	int code = CODE_OK;

	for (unsigned i = 0; i < l->count; i++) {
		const struct logs_stream *stream = &l->stream[i];

		if (stream->read.error)
			code = logdir_say_error(&l->dir, stream->base,
				stream->read.name, stream->read.error);
	}
	return code;
}

static int
show_all(struct logs *l)
{
	uint32_t lines = l->s->log.lines;
	bool has_lines = l->s->given & OPT_LINES;
	int code;

	if (!has_lines && l->is_following && !l->s->log.since) {
		has_lines = true;
		lines = LINES_FOLLOWED;
	}
	if (!has_lines)
		logs_go_to_since(l);
	if (!has_lines || (logs_go_to_last(l, lines) && lines))
		note_missing(l);
	if (l->is_following)
		return logs_follow(l);
	logs_drain(l);
	code = say_read_errors(l);
	return code;
}

/* The names behind the verb and those of -u, with room for those that are
 * meant behind them. */
static const char **
collect_names(struct svctl *s, int argc, char **argv)
{
	size_t count = (size_t)argc + s->log.units;
	const char **names = calloc(count + 1, sizeof(*names) + NAME_CAP);
	char *own;

	if (!names) {
		out_error(NULL, "out of memory");
		return NULL;
	}
	own = (char *)(names + count + 1);
	for (int i = 0; i < argc; i++)
		names[i] = argv[i];
	for (unsigned i = 0; i < s->log.units; i++)
		names[(size_t)argc + i] = s->log.unit[i];
	for (size_t i = 0; i < count; i++)
		names[i] = alias_on_page(s, names[i], own + i * NAME_CAP);
	return names;
}

int
logs_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	const char **names = collect_names(s, argc, argv);
	int code = CODE_USAGE, shown;
	struct logs l;

	(void)verb;
	if (!names)
		return CODE_FAILED;
	raise_limit();
	logs_init(&l, s);
	l.is_following = s->given & OPT_FOLLOW;
	l.names_len = (unsigned)argc + s->log.units;
	l.names = l.names_len ? names : NULL;
	l.has_names = l.names_len != 1;
	if (read_times(&l) && read_grep(&l)) {
		code = l.names ? add_named(&l) : add_everything(&l);
		if (code == CODE_OK || l.count) {
			shown = show_all(&l);
			code = code != CODE_OK ? code : shown;
		}
	}
	logs_close(&l);
	free(names);
	return code;
}
