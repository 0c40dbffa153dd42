#include "svctl/logs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/when.h"

#define STATUS_LINES 3

#define FLUSH_AT 65536u /* bytes that are collected before they are written */

void
logs_init(struct logs *l, struct svctl *s)
{
	memset(l, 0, sizeof(*l));
	l->s = s;
	l->until_us = WHEN_LAST;
	logdir_open(&l->dir, s);
}

void
logs_close(struct logs *l)
{
	for (unsigned i = 0; i < l->count; i++)
		logread_close(&l->stream[i].read);
	free(l->stream);
	free(l->item);
	free(l->text);
	if (l->has_grep)
		regfree(&l->grep);
	logdir_close(&l->dir);
}

/* --- which streams ------------------------------------------------------- */

static bool
make_room(struct logs *l)
{
	unsigned cap = l->cap ? l->cap * 2 : 8;
	void *grown;

	if (l->count < l->cap)
		return true;
	grown = realloc(l->stream, cap * sizeof(*l->stream));
	if (!grown)
		return false;
	l->stream = grown;
	grown = realloc(l->item, cap * sizeof(*l->item));
	if (!grown)
		return false;
	l->item = grown;
	l->merge.item = grown;
	l->cap = cap;
	return true;
}

static bool
has_stream(const struct logs *l, const char *name, unsigned base)
{
	for (unsigned i = 0; i < l->count; i++) {
		if (l->stream[i].base == base &&
			!strcmp(l->stream[i].read.name, name))
			return true;
	}
	return false;
}

static bool
add_one(struct logs *l, const char *name, unsigned base)
{
	int fd = logdir_service(&l->dir, base, name);
	struct logs_stream *stream;

	if (fd < 0)
		return false;
	if (!make_room(l)) {
		close(fd);
		return false;
	}
	stream = &l->stream[l->count];
	memset(stream, 0, sizeof(*stream));
	stream->base = base;
	stream->watch = -1;
	if (!logread_open(&stream->read, name, fd)) {
		int error = errno;

		logread_close(&stream->read);
		errno = error;
		return false;
	}
	stream->read.is_following = l->is_following;
	l->count++;
	return true;
}

int
logs_add(struct logs *l, const char *name)
{
	int added = 0, error = 0;

	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (has_stream(l, name, base))
			continue;
		if (add_one(l, name, base))
			added++;
		else if (errno != ENOENT)
			error = errno;
	}
	errno = error;
	return error && !added ? -1 : added;
}

bool
logs_has(const struct logs *l, const char *name)
{
	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		if (has_stream(l, name, base))
			return true;
	}
	return false;
}

struct adding {
	struct logs *l;
	unsigned base;
	int error;
};

static bool
take_service(void *context, const char *name)
{
	struct adding *adding = context;

	if (!has_stream(adding->l, name, adding->base) &&
		!add_one(adding->l, name, adding->base) && errno != ENOENT)
		adding->error = errno;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct logs_stream *x = a, *y = b;
	int order = strcmp(x->read.name, y->read.name);

	return order ? order : (int)x->base - (int)y->base;
}

int
logs_add_all(struct logs *l)
{
	struct adding adding = {l, 0, 0};
	unsigned before = l->count;

	for (; adding.base < LOGDIR_BASES; adding.base++) {
		if (l->dir.fd[adding.base] < 0) {
			if (l->dir.error[adding.base] != ENOENT)
				adding.error = l->dir.error[adding.base];
		} else if (!logdir_each(&l->dir, adding.base, take_service,
				   &adding)) {
			adding.error = errno;
		}
	}
	if (!before && l->count)
		qsort(l->stream, l->count, sizeof(*l->stream), by_name);
	errno = adding.error;
	return adding.error ? -1 : (int)(l->count - before);
}

/* --- how a line looks ---------------------------------------------------- */

static void
put_json(struct logs *l, const char *name, const struct logline *line)
{
	struct fmt *f = out_room(&l->s->out,
		line->text_len * LOGLINE_JSON + NAME_CAP + OUT_PIECE);

	fmt_str(f, "{\"time\":");
	if (line->text == line->bytes) {
		fmt_str(f, "null");
	} else {
		fmt_char(f, '"');
		fmt_bytes(f, line->bytes, WHEN_STAMP);
		fmt_char(f, '"');
	}
	fmt_printf(f,
		",\"name\":\"%s\",\"stream\":%s,\"continued\":%s,"
		"\"text\":",
		name,
		line->stream == 'o'   ? "\"stdout\""
		: line->stream == 'e' ? "\"stderr\""
				      : "null",
		line->is_continued ? "true" : "false");
	logline_put_json(f, line->text, line->text_len);
	fmt_str(f, "}\n");
}

static void
put_bytes(struct logs *l, const char *bytes, size_t len)
{
	struct fmt *f = out_room(&l->s->out, len * LOGLINE_SAFE + OUT_PIECE);

	if (l->s->out.is_terminal)
		logline_put_safe(f, bytes, len);
	else
		fmt_bytes(f, bytes, len);
}

/* STAMP S text, or STAMP NAME S text, and - for a stamp that is not there. */
static void
put_line(struct logs *l, const char *name, const struct logline *line)
{
	bool has_stamp = line->text != line->bytes;
	const char *rest = has_stamp ? line->bytes + WHEN_STAMP : line->bytes;

	if (l->has_names) {
		struct fmt *f = out_room(&l->s->out, NAME_CAP + OUT_PIECE);

		if (has_stamp)
			fmt_bytes(f, line->bytes, WHEN_STAMP);
		else
			fmt_char(f, '-');
		fmt_printf(f, " %s%s", name, has_stamp ? "" : " - ");
		put_bytes(l, rest, line->len - (size_t)(rest - line->bytes));
	} else {
		put_bytes(l, line->bytes, line->len);
	}
	fmt_char(out_room(&l->s->out, OUT_PIECE), '\n');
}

static void
show(struct logs *l, const char *name, const struct logline *line)
{
	if (l->s->given & OPT_JSON)
		put_json(l, name, line);
	else
		put_line(l, name, line);
	if (l->s->out.f.len >= FLUSH_AT && !out_flush(&l->s->out))
		l->is_ended = true;
}

/* --- which lines --------------------------------------------------------- */

/* A NUL would end the text for regexec(): there it counts as a blank. */
static bool
matches(struct logs *l, const struct logline *line)
{
	if (l->text_cap <= line->text_len) {
		char *grown = realloc(l->text, line->text_len + 4096);

		if (!grown)
			return true;
		l->text = grown;
		l->text_cap = line->text_len + 4096;
	}
	for (size_t i = 0; i < line->text_len; i++)
		l->text[i] = line->text[i] ? line->text[i] : ' ';
	l->text[line->text_len] = '\0';
	return regexec(&l->grep, l->text, 0, NULL, 0) == 0;
}

static bool
is_wanted(struct logs *l, const struct logline *line)
{
	return line->us >= l->since_us && line->us <= l->until_us &&
	       (!l->has_grep || matches(l, line));
}

/* Has the line before wait for its turn; else its stream stays where it is. */
static void
wait_before(struct logs *l, unsigned i)
{
	struct logs_stream *stream = &l->stream[i];

	stream->place = logread_tell(&stream->read);
	if (logread_previous(&stream->read, &stream->line) &&
		stream->line.us >= l->since_us)
		merge_push(&l->merge, stream->line.us, i);
	else
		logread_go(&stream->read, stream->place);
}

uint32_t
logs_go_to_last(struct logs *l, uint32_t lines)
{
	unsigned i;

	merge_init(&l->merge, l->item, true);
	for (i = 0; i < l->count; i++) {
		if (l->until_us < WHEN_LAST)
			logread_seek(&l->stream[i].read, l->until_us + 1);
		else
			logread_seek_end(&l->stream[i].read);
		wait_before(l, i);
	}
	while (lines && merge_pop(&l->merge, &i)) {
		if (is_wanted(l, &l->stream[i].line) && --lines == 0)
			break;
		wait_before(l, i);
	}
	for (unsigned n = 0; n < l->merge.len; n++) {
		struct logs_stream *stream =
			&l->stream[l->merge.item[n].stream];

		logread_go(&stream->read, stream->place);
	}
	merge_init(&l->merge, l->item, false);
	return lines;
}

void
logs_go_to_since(struct logs *l)
{
	merge_init(&l->merge, l->item, false);
	for (unsigned i = 0; i < l->count; i++)
		logread_seek(&l->stream[i].read, l->since_us);
}

static void
wait_next(struct logs *l, unsigned i)
{
	struct logs_stream *stream = &l->stream[i];

	stream->is_waiting =
		!stream->is_done && logread_next(&stream->read, &stream->line);
	if (stream->is_waiting && stream->line.us > l->until_us) {
		stream->is_waiting = false;
		stream->is_done = true;
	}
	if (stream->is_waiting)
		merge_push(&l->merge, stream->line.us, i);
}

void
logs_drain(struct logs *l)
{
	unsigned i;

	for (i = 0; i < l->count; i++)
		wait_next(l, i);
	while (!l->is_ended && merge_pop(&l->merge, &i)) {
		struct logs_stream *stream = &l->stream[i];

		if (is_wanted(l, &stream->line))
			show(l, stream->read.name, &stream->line);
		wait_next(l, i);
	}
}

void
logs_show_status(struct svctl *s, const char *name)
{
	struct logs l;
	unsigned i;

	logs_init(&l, s);
	if (logs_add(&l, name) > 0) {
		(void)logs_go_to_last(
			&l, s->given & OPT_LINES ? s->log.lines : STATUS_LINES);
		for (i = 0; i < l.count; i++)
			wait_next(&l, i);
		while (merge_pop(&l.merge, &i)) {
			fmt_str(out_room(&s->out, OUT_PIECE), "  ");
			put_line(&l, name, &l.stream[i].line);
			wait_next(&l, i);
		}
	}
	logs_close(&l);
}
