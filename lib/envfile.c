#include "lib/envfile.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/lines.h"

struct envfile {
	const char *text;
	size_t at;
	size_t end; /* of the line with what continues it */
	char *out;  /* room for the whole line */
	size_t len;
	struct def_error *error;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_name_byte(char c, bool is_first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       (!is_first && c >= '0' && c <= '9');
}

/* Blanks and joints. */
static void
skip_blanks(struct envfile *e)
{
	while (e->at < e->end) {
		size_t joint = lines_joint(e->text + e->at, e->end - e->at);

		if (joint == 0 && !is_blank(e->text[e->at]))
			break;
		e->at += joint > 0 ? joint : 1;
	}
}

/* Errors are rare: only here lines are counted. */
static bool
fail(struct envfile *e, size_t at)
{
	unsigned line = 1;
	size_t begin = 0;

	for (size_t i = 0; i < at; i++) {
		if (e->text[i] == '\n') {
			line++;
			begin = i + 1;
		}
	}
	e->error->line = line;
	e->error->column = (unsigned)(at - begin) + 1;
	return false;
}

static bool
take_name(struct envfile *e)
{
	size_t begin;

	skip_blanks(e);
	if (e->end - e->at > 7 && memcmp(e->text + e->at, "export", 6) == 0 &&
		is_blank(e->text[e->at + 6])) {
		e->at += 6;
		skip_blanks(e);
	}
	begin = e->at;
	while (e->at < e->end && is_name_byte(e->text[e->at], e->at == begin))
		e->out[e->len++] = e->text[e->at++];
	skip_blanks(e);
	if (e->len == 0 || e->at >= e->end || e->text[e->at] != '=') {
		def_error_text(e->error, "no NAME and '='; write NAME=value, "
					 "with a name of A-Za-z0-9_");
		return fail(e, begin);
	}
	e->out[e->len++] = '=';
	e->at++;
	skip_blanks(e);
	return true;
}

/* The byte that \ protects within the quote, or else the \ itself. */
static char
take_escape(struct envfile *e, char quote)
{
	char next;

	if (quote == '\'' || e->at + 1 >= e->end)
		return e->text[e->at];
	next = e->text[e->at + 1];
	if (quote == '"' && strchr("\"\\$`", next) == NULL)
		return e->text[e->at];
	e->at++;
	return next;
}

/* keep is the length below which no blank at the end is dropped. */
static bool
take_value(struct envfile *e)
{
	size_t keep = e->len, quote_at = 0;
	char quote = '\0';

	while (e->at < e->end) {
		size_t joint = lines_joint(e->text + e->at, e->end - e->at);
		char c = e->text[e->at];

		if (joint > 0) {
			e->at += joint;
			continue;
		}
		if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
			quote_at = e->at;
		} else if (quote != '\0' && c == quote) {
			quote = '\0';
			keep = e->len;
		} else {
			bool is_escape = c == '\\';

			e->out[e->len++] =
				is_escape ? take_escape(e, quote) : c;
			if (is_escape || !is_blank(c))
				keep = e->len;
		}
		e->at++;
	}
	if (quote != '\0') {
		def_error_text(e->error,
			"the %c here is not closed in its "
			"line; write \\%c for a plain one",
			quote, quote);
		return fail(e, quote_at);
	}
	e->len = keep;
	return true;
}

/* A line that is neither empty nor a comment. */
static bool
take_pair(struct envfile *e, struct arena *arena)
{
	e->len = 0;
	e->out = arena_alloc(arena, e->end - e->at + 1);
	if (e->out == NULL) {
		def_error_text(e->error, "too large for the memory set aside");
		return fail(e, e->at);
	}
	if (!take_name(e) || !take_value(e))
		return false;
	e->out[e->len] = '\0';
	return true;
}

bool
envfile_parse(const char *file, const char *text, size_t len,
	struct arena *arena, void (*set)(void *context, const char *pair),
	void *context, struct def_error *error)
{
	struct envfile e = {.text = text, .error = error};
	const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;

	memset(error, 0, sizeof(*error));
	error->file = file;
	if (nul != NULL) {
		def_error_text(error, "a NUL byte; this must be a text file");
		return fail(&e, (size_t)(nul - text));
	}
	while (e.at < len) {
		const char *newline;
		unsigned physical;

		while (e.at < len &&
			(is_blank(text[e.at]) || text[e.at] == '\n'))
			e.at++;
		if (e.at == len)
			break;
		if (text[e.at] == '#' || text[e.at] == ';') {
			newline = memchr(text + e.at, '\n', len - e.at);
			e.at = newline == NULL ? len : (size_t)(newline - text);
			continue;
		}
		e.end = lines_extent(text, len, e.at, &physical);
		if (!take_pair(&e, arena))
			return false;
		set(context, e.out);
		e.at = e.end;
	}
	return true;
}
