#include "supervisor/splice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/load.h"
#include "lib/loaded.h"

static bool
append(struct load_text *out, const char *bytes, size_t len)
{
	if (!out->bytes || out->len + len > out->cap) {
		size_t cap = (out->len + len) * 2;
		char *more = realloc(out->bytes, cap);

		if (!more)
			return false;
		out->bytes = more;
		out->cap = cap;
	}
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
	return true;
}

/* A section with its "@" line. */
struct piece {
	const char *name;
	const char *bytes;
	size_t len;
	bool replaces; /* one of that name, else that one stays */
};

/* All of old, with the piece where it belongs. */
static bool
splice_one(const struct load_text *old, const struct piece *piece,
	struct load_text *out)
{
	struct loaded_section section;
	bool is_broken = false;
	bool is_in = false;
	size_t at = 0;
	size_t from = sizeof(LOADED_HEADER) - 1;

	if (!append(out, LOADED_HEADER, from))
		return false;
	while (loaded_next(old->bytes, old->len, &at, &section, &is_broken)) {
		int order = strcmp(section.name, piece->name);
		bool stays = order != 0 || !piece->replaces;

		if (order >= 0 && !is_in) {
			is_in = true;
			if ((order > 0 || piece->replaces) &&
				!append(out, piece->bytes, piece->len))
				return false;
		}
		if (stays && !append(out, old->bytes + from, at - from))
			return false;
		from = at;
	}
	return !is_broken && (is_in || append(out, piece->bytes, piece->len));
}

bool
splice(const char *old, size_t old_len, const struct load_text *sections,
	struct load_text *out)
{
	struct loaded_section section;
	struct load_text text = {0};
	struct piece piece = {.replaces = true};
	bool is_broken = false, is_done;
	size_t at = 0, from = 0;

	is_done = append(&text, old, old_len);
	while (is_done && loaded_next(sections->bytes, sections->len, &at,
				  &section, &is_broken)) {
		struct load_text next = {0};

		piece.name = section.name;
		piece.bytes = sections->bytes + from;
		piece.len = at - from;
		is_done = splice_one(&text, &piece, &next);
		free(text.bytes);
		text = next;
		piece.replaces = false;
		from = at;
	}
	*out = text;
	return is_done && !is_broken;
}
