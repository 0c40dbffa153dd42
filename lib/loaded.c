#include "lib/loaded.h"

#include <stdint.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/state.h"

#define SETTINGS_FILE "/tend.conf"

static const char damaged[] = "the file 'loaded' is damaged here; "
			      "'svctl apply' writes it anew";

/* A line of the file that is being taken apart, without its newline. */
struct cursor {
	const char *at;
	const char *end;
};

/* The line at *at, which moves behind its newline. False: no newline. */
static bool
take_line(const char *bytes, size_t len, size_t *at, struct cursor *line)
{
	const char *newline = memchr(bytes + *at, '\n', len - *at);

	if (newline == NULL)
		return false;
	line->at = bytes + *at;
	line->end = newline;
	*at = (size_t)(newline - bytes) + 1;
	return true;
}

/* The bytes up to the next blank or the line's end, which is skipped. */
static size_t
take_word(struct cursor *line, const char **word)
{
	*word = line->at;
	while (line->at < line->end && *line->at != ' ')
		line->at++;
	if (line->at == line->end)
		return (size_t)(line->end - *word);
	return (size_t)(line->at++ - *word);
}

static bool
take_size(struct cursor *line, size_t *size)
{
	const char *word;
	size_t len = take_word(line, &word);

	*size = 0;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9' || *size > SIZE_MAX / 16)
			return false;
		*size = *size * 10 + (size_t)(word[i] - '0');
	}
	return true;
}

static bool
find_enabled(const char *word, size_t len, unsigned *enabled)
{
	for (unsigned i = 0; i < SVC_ENABLEDS; i++) {
		const char *name = enabled_name(i);

		if (strlen(name) == len && memcmp(name, word, len) == 0) {
			*enabled = i;
			return true;
		}
	}
	return false;
}

static bool
take_section(
	const char *bytes, size_t len, size_t *at, struct loaded_section *out)
{
	struct cursor line;
	const char *word;
	size_t word_len;

	if (!take_line(bytes, len, at, &line))
		return false;
	if (take_word(&line, &word) != 1 || *word != '@')
		return false;
	word_len = take_word(&line, &word);
	if (!name_is_valid(word, word_len))
		return false;
	memcpy(out->name, word, word_len);
	out->name[word_len] = '\0';
	word_len = take_word(&line, &word);
	if (!find_enabled(word, word_len, &out->enabled))
		return false;
	if (!take_size(&line, &out->len) || line.at != line.end ||
		out->len > len - *at)
		return false;
	out->bytes = bytes + *at;
	*at += out->len;
	return true;
}

bool
loaded_next(const char *bytes, size_t len, size_t *at,
	struct loaded_section *out, bool *is_broken)
{
	size_t header_len = sizeof(LOADED_HEADER) - 1;

	*is_broken = false;
	if (*at == 0 && len > 0 && bytes[0] != '@') {
		*is_broken = len < header_len ||
			     memcmp(bytes, LOADED_HEADER, header_len) != 0;
		if (*is_broken)
			return false;
		*at = header_len;
	}
	if (*at >= len)
		return false;
	*is_broken = !take_section(bytes, len, at, out);
	return !*is_broken;
}

static bool
take_fragment(
	const char *bytes, size_t len, size_t *at, struct loaded_fragment *out)
{
	struct cursor line;
	const char *word;

	if (!take_line(bytes, len, at, &line))
		return false;
	/* memchr: to strchr a NUL byte would be one of them. */
	if (take_word(&line, &word) != 1 || !memchr("+!~", *word, 3))
		return false;
	out->kind = *word;
	if (!take_size(&line, &out->len) || out->len > len - *at)
		return false;
	/* The rest of the line: a path may hold blanks. */
	out->file = line.at;
	out->file_len = (size_t)(line.end - line.at);
	out->text = bytes + *at;
	*at += out->len;
	return true;
}

bool
loaded_fragment_next(const char *bytes, size_t len, size_t *at,
	struct loaded_fragment *out, bool *is_broken)
{
	*is_broken = false;
	if (*at >= len)
		return false;
	*is_broken = !take_fragment(bytes, len, at, out);
	return !*is_broken;
}

static bool
is_settings(const struct loaded_fragment *fragment)
{
	size_t len = sizeof(SETTINGS_FILE) - 1;

	return fragment->file_len >= len &&
	       memcmp(fragment->file + fragment->file_len - len, SETTINGS_FILE,
		       len) == 0;
}

bool
loaded_source(const char *bytes, size_t len, struct loaded_fragment *out)
{
	size_t at = 0;
	bool is_broken;

	while (loaded_fragment_next(bytes, len, &at, out, &is_broken))
		if (!is_settings(out) || at >= len)
			return true;
	return false;
}

/* ":12" at *text to 12; 0 and *text unmoved if there is none. */
static unsigned
take_place(const char **text, const char *end)
{
	const char *p = *text;
	unsigned n = 0;

	if (p == end || *p != ':')
		return 0;
	for (p++; p < end && *p >= '0' && *p <= '9' && n < 100000000; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (n > 0)
		*text = p;
	return n;
}

/* The text of a '!' fragment is what def_error_format wrote: read it back. */
static void
read_error(const struct loaded_fragment *fragment, const char *file,
	struct def_error *error)
{
	const char *text = fragment->text, *end = text + fragment->len;

	while (end > text && end[-1] == '\n')
		end--;
	if (file != NULL && fragment->file_len < (size_t)(end - text) &&
		memcmp(text, fragment->file, fragment->file_len) == 0 &&
		text[fragment->file_len] == ':') {
		text += fragment->file_len;
		error->file = file;
		error->line = take_place(&text, end);
		error->column = take_place(&text, end);
		while (text < end && (*text == ':' || *text == ' '))
			text++;
	}
	def_error_text(error, "%.*s", (int)(end - text), text);
	/* Nobody may be told that a service is invalid and not why. */
	if (error->text[0] == '\0')
		def_error_text(error, "%s", damaged);
}

static bool
apply_fragment(const struct loaded_fragment *fragment, struct arena *arena,
	struct def *def, struct def_error *error)
{
	char *file = arena_copy(arena, fragment->file, fragment->file_len);

	if (file == NULL) {
		def_error_text(error, "too large for one definition");
		return false;
	}
	switch (fragment->kind) {
	case '!':
		read_error(fragment, file, error);
		return false;
	case '~':
		def_error_text(error, "masked by %s", file);
		return false;
	default:
		return def_apply(
			def, arena, file, fragment->text, fragment->len, error);
	}
}

bool
loaded_parse(const char *bytes, size_t len, struct arena *arena,
	struct def *def, struct def_error *error)
{
	struct loaded_fragment fragment;
	size_t at = 0;
	bool is_broken;

	def_init(def);
	memset(error, 0, sizeof(*error));
	while (loaded_fragment_next(bytes, len, &at, &fragment, &is_broken))
		if (!apply_fragment(&fragment, arena, def, error))
			return false;
	if (is_broken) {
		def_error_text(error, "%s", damaged);
		return false;
	}
	return def_finish(def, error);
}
