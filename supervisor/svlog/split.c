#include "supervisor/svlog/split.h"

#include <string.h>

#include "supervisor/svlog/json.h"
#include "supervisor/svlog/rfc.h"
#include "supervisor/svlog/stamp.h"

/* One piece: its bytes lie in two places when a carry is continued. */
struct piece {
	const char *first;
	size_t first_len;
	const char *second;
	size_t second_len;
	bool is_whole; /* a newline follows */
};

size_t
split_most(const struct split *split, size_t len)
{
	switch (split->shape) {
	case SPLIT_FILE:
		return SPLIT_HEAD + len + 1;
	case SPLIT_PREFIX:
		return split->name_len + 3 + len + 1;
	case SPLIT_JSON:
		return json_most(split->name_len, len);
	case SPLIT_RAW:
		return len + 1;
	case SPLIT_SYSLOG:
		return rfc_most(len);
	}
	return 0;
}

static char *
put(char *at, const char *bytes, size_t len)
{
	/* NULL is a fair empty piece, but not for memcpy. */
	if (len > 0)
		memcpy(at, bytes, len);
	return at + len;
}

static char *
put_raw(const struct piece *piece, char *at)
{
	at = put(at, piece->first, piece->first_len);
	at = put(at, piece->second, piece->second_len);
	*at++ = '\n';
	return at;
}

static char *
put_file(const struct split *split, const struct piece *piece, char *at)
{
	memcpy(at, split->stamp, STAMP_LEN);
	at[STAMP_LEN] = ' ';
	at[STAMP_LEN + 1] = split->stream;
	at[STAMP_LEN + 2] = piece->is_whole ? ' ' : '+';
	return put_raw(piece, at + SPLIT_HEAD);
}

static char *
put_prefix(const struct split *split, const struct piece *piece, char *at)
{
	at = put(at, split->name, split->name_len);
	at = put(at, " | ", 3);
	return put_raw(piece, at);
}

static char *
put_json(const struct split *split, const struct piece *piece, char *at)
{
	at = json_begin(
		at, split->stamp, split->name, split->name_len, split->stream);
	at = json_text(at, piece->first, piece->first_len, piece->second,
		piece->second_len);
	return json_end(at, piece->is_whole);
}

static char *
put_syslog(const struct split *split, const struct piece *piece, char *at)
{
	struct rfc_text text = {piece->first, piece->first_len, piece->second,
		piece->second_len};

	return rfc_put(at, split->rfc, split->stamp, split->name,
		split->name_len, split->stream, &text);
}

static char *
put_piece(const struct split *split, const struct piece *piece, char *at)
{
	switch (split->shape) {
	case SPLIT_FILE:
		return put_file(split, piece, at);
	case SPLIT_PREFIX:
		return put_prefix(split, piece, at);
	case SPLIT_JSON:
		return put_json(split, piece, at);
	case SPLIT_RAW:
		return put_raw(piece, at);
	case SPLIT_SYSLOG:
		return put_syslog(split, piece, at);
	}
	return at;
}

/*
 * The next piece of carry and rest; false: there is none yet. *next is what
 * follows it, its newline passed over.
 */
static bool
find(const struct split *split, const struct split_text *rest,
	struct piece *piece, size_t *used)
{
	/* A line_max that has become smaller may be less than the carry. */
	size_t room = rest->carry_len < split->line_max
			      ? split->line_max - rest->carry_len
			      : 0;
	/* Of a line that just fits the newline may lie behind it. */
	size_t look = rest->in_len > room ? room + 1 : rest->in_len;
	const char *newline = look ? memchr(rest->in, '\n', look) : NULL;

	piece->first = rest->carry;
	piece->first_len = rest->carry_len;
	piece->second = rest->in;
	piece->is_whole = newline != NULL;
	if (newline) {
		piece->second_len = (size_t)(newline - rest->in);
		*used = piece->second_len + 1;
		return true;
	}
	if (look > room)
		piece->second_len = room;
	else if (split->is_flushed && rest->carry_len + rest->in_len > 0)
		piece->second_len = rest->in_len;
	else
		return false;
	*used = piece->second_len;
	return true;
}

struct split_result
split_lines(const struct split *split, const struct split_text *text, char *out,
	size_t cap)
{
	struct split_result result = {.taken = 0};
	struct split_text rest = *text;
	struct piece piece;
	size_t used;
	char *at = out;

	while (find(split, &rest, &piece, &used)) {
		size_t most =
			split_most(split, piece.first_len + piece.second_len);

		if (most > cap - (size_t)(at - out)) {
			result.is_full = true;
			break;
		}
		at = put_piece(split, &piece, at);
		rest.carry_len = 0;
		rest.in += used;
		rest.in_len -= used;
		result.lines++;
	}
	result.taken = text->in_len - rest.in_len;
	result.made = (size_t)(at - out);
	return result;
}
