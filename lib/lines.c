#include "lib/lines.h"

#include <string.h>

#include "lib/def.h"

void
lines_init(struct lines *lines, const char *text, size_t len)
{
	lines->text = text;
	lines->len = len;
	lines->at = 0;
	lines->number = 1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t
line_end(const char *text, size_t len, size_t at)
{
	const char *newline = memchr(text + at, '\n', len - at);

	return newline == NULL ? len : (size_t)(newline - text);
}

/* The end of a line without the CR that may stand before its newline. */
static size_t
without_cr(const char *text, size_t begin, size_t end)
{
	return end > begin && text[end - 1] == '\r' ? end - 1 : end;
}

static bool
is_continued(const char *text, size_t begin, size_t end)
{
	size_t at = without_cr(text, begin, end);
	size_t count = 0;

	while (at > begin && text[at - 1] == '\\') {
		at--;
		count++;
	}
	return count % 2 == 1;
}

size_t
lines_extent(const char *text, size_t len, size_t at, unsigned *physical)
{
	size_t end = line_end(text, len, at);

	*physical = 1;
	while (end < len && is_continued(text, at, end)) {
		at = end + 1;
		end = line_end(text, len, at);
		(*physical)++;
	}
	return end;
}

size_t
lines_joint(const char *text, size_t len)
{
	if (len >= 2 && text[0] == '\\' && text[1] == '\n')
		return 2;
	if (len >= 3 && text[0] == '\\' && text[1] == '\r' && text[2] == '\n')
		return 3;
	return 0;
}

/* Where the quote at text[at] closes; end if nothing closes it. */
static size_t
closing_quote(const char *text, size_t at, size_t end)
{
	char quote = text[at];

	for (at++; at < end && text[at] != quote; at++)
		if (quote == '"' && text[at] == '\\' && at + 1 < end)
			at++;
	return at;
}

/* Where the comment in a line with its continuations begins; end if none. */
static size_t
find_comment(const char *text, size_t begin, size_t end)
{
	bool is_after_blank = true;
	bool is_open[2] = {false, false}; /* no ' or " closes from here on */

	if (memchr(text + begin, '#', end - begin) == NULL)
		return end;
	for (size_t at = begin; at < end; at++) {
		size_t joint = lines_joint(text + at, end - at);
		char c = text[at];

		if (c == '#' && is_after_blank)
			return at;
		is_after_blank = is_blank(c) || joint > 0;
		if (joint > 0) {
			at += joint - 1;
		} else if (c == '\\') {
			at++;
		} else if ((c == '\'' || c == '"') && !is_open[c == '"']) {
			size_t close = closing_quote(text, at, end);

			is_open[c == '"'] = close == end;
			at = close == end ? at : close;
		}
	}
	return end;
}

/* The offset of the first byte that no line may hold; end if there is none. */
static size_t
find_bad_byte(const char *text, size_t begin, size_t end)
{
	for (size_t at = begin; at < end; at++) {
		unsigned char c = (unsigned char)text[at];

		if (c >= ' ' && c != 0x7f)
			continue;
		if (c == '\t')
			continue;
		if (c == '\r' && at + 1 == end)
			continue;
		return at;
	}
	return end;
}

static void
place(struct def_error *error, unsigned line, size_t column)
{
	error->line = line;
	error->column = (unsigned)column;
}

/* Each line of an extent: neither too long nor with control bytes. */
static bool
check_bytes(const struct lines *lines, size_t end, struct def_error *error)
{
	size_t begin = lines->at;
	unsigned number = lines->number;

	if (end - begin > LINES_MAX) {
		def_error_text(error,
			"a line of more than 64 KiB; split it or shorten it");
		place(error, number, 0);
		return false;
	}
	while (begin <= end) {
		size_t stop = line_end(lines->text, end, begin);
		size_t bad = find_bad_byte(lines->text, begin, stop);

		if (bad < stop) {
			def_error_text(error,
				lines->text[bad] == '\0'
					? "a NUL byte; this must be a text file"
					: "a control byte; only text, blanks "
					  "and tabs may be here");
			place(error, number, bad - begin + 1);
			return false;
		}
		begin = stop + 1;
		number++;
	}
	return true;
}

/* Skips blanks and joints; moves the position's line and column along. */
static size_t
skip_blanks(const char *text, size_t at, size_t end, unsigned *line,
	size_t *line_begin)
{
	while (at < end) {
		size_t joint = lines_joint(text + at, end - at);

		if (joint > 0) {
			at += joint;
			*line_begin = at;
			(*line)++;
		} else if (is_blank(text[at])) {
			at++;
		} else {
			break;
		}
	}
	return at;
}

/* The end without blanks, joints and the CR before the newline. */
static size_t
trim_end(const struct lines *lines, size_t begin, size_t end)
{
	const char *text = lines->text;
	bool is_last = end == lines->len;

	if (end > begin && text[end - 1] == '\r')
		end--;
	/* A \ with nothing behind it in the file continues nothing. */
	if (is_last && is_continued(text, begin, end))
		end--;
	while (end > begin) {
		if (is_blank(text[end - 1])) {
			end--;
		} else if (text[end - 1] == '\n') {
			end = without_cr(text, begin, end - 1);
			end -= end > begin;
		} else {
			break;
		}
	}
	return end;
}

static enum lines_result
split_pair(const struct lines *lines, size_t begin, size_t end,
	struct lines_pair *pair, struct def_error *error)
{
	const char *text = lines->text;
	unsigned line = lines->number;
	size_t line_begin = lines->at;
	size_t at = skip_blanks(text, begin, end, &line, &line_begin);

	if (at >= end)
		return LINES_END;
	pair->key = text + at;
	pair->line = line;
	pair->column = (unsigned)(at - line_begin) + 1;
	while (at < end && !is_blank(text[at]) && text[at] != '=' &&
		lines_joint(text + at, end - at) == 0)
		at++;
	pair->key_len = (size_t)(text + at - pair->key);
	at = skip_blanks(text, at, end, &line, &line_begin);
	if (pair->key[0] == '[') {
		def_error_text(error, "there are no sections here; write only "
				      "lines of KEY = VALUE");
		place(error, pair->line, pair->column);
		return LINES_ERROR;
	}
	if (at >= end || text[at] != '=' || pair->key_len == 0) {
		def_error_text(error, "no key and '='; write KEY = VALUE");
		place(error, pair->line, pair->column);
		return LINES_ERROR;
	}
	at = skip_blanks(text, at + 1, end, &line, &line_begin);
	pair->value = text + at;
	pair->value_len = end > at ? end - at : 0;
	pair->value_line = line;
	pair->value_column = (unsigned)(at - line_begin) + 1;
	return LINES_PAIR;
}

/* The end of the line at `at` when a comment, which ends with its own line,
 * \ or not, is in it. */
static size_t
comment_extent(const struct lines *lines, size_t comment, unsigned *physical)
{
	size_t end = line_end(lines->text, lines->len, lines->at);

	for (*physical = 1; end < comment; (*physical)++)
		end = line_end(lines->text, lines->len, end + 1);
	return end;
}

enum lines_result
lines_next(
	struct lines *lines, struct lines_pair *pair, struct def_error *error)
{
	while (lines->at < lines->len) {
		unsigned physical;
		size_t end = lines_extent(
			lines->text, lines->len, lines->at, &physical);
		size_t comment = find_comment(lines->text, lines->at, end);
		size_t stop = trim_end(lines, lines->at, comment);
		enum lines_result result;

		if (comment < end)
			end = comment_extent(lines, comment, &physical);
		if (!check_bytes(lines, end, error))
			return LINES_ERROR;
		result = split_pair(lines, lines->at, stop, pair, error);
		lines->at = end < lines->len ? end + 1 : lines->len;
		lines->number += physical;
		if (result != LINES_END)
			return result;
	}
	return LINES_END;
}

size_t
lines_join(const struct lines_pair *pair, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < pair->value_len;) {
		size_t joint =
			lines_joint(pair->value + i, pair->value_len - i);

		if (joint > 0)
			i += joint;
		else
			out[len++] = pair->value[i++];
	}
	out[len] = '\0';
	return len;
}

void
lines_locate(
	const struct lines_pair *pair, size_t offset, struct def_error *error)
{
	unsigned line = pair->value_line, column = pair->value_column;
	size_t i = 0;

	while (i < pair->value_len) {
		size_t joint =
			lines_joint(pair->value + i, pair->value_len - i);

		if (joint > 0) {
			i += joint;
			line++;
			column = 1;
			continue;
		}
		if (offset == 0)
			break;
		offset--;
		i++;
		column++;
	}
	error->line = line;
	error->column = column;
}

size_t
lines_strip(char *text, size_t len)
{
	size_t from = 0, to = 0;

	if (len == 0 || memchr(text, '#', len) == NULL)
		return len;
	while (from < len) {
		unsigned physical;
		size_t end = lines_extent(text, len, from, &physical);
		size_t comment = find_comment(text, from, end);
		size_t stop = end;

		if (comment < end) {
			stop = line_end(text, len, comment);
			if (find_bad_byte(text, comment, stop) < stop)
				comment = stop;
		}
		memmove(text + to, text + from, comment - from);
		to += comment - from;
		if (stop < len)
			text[to++] = '\n';
		from = stop + 1;
	}
	return to;
}
