#include "svctl/logfind.h"

#include <stdbool.h>
#include <string.h>

#include "svctl/when.h"

/* The bytes of the file that were read last. */
struct window {
	const struct logfind *file;
	uint64_t at;
	size_t len;
	char bytes[4096];
};

/*
 * The bytes from `at` on: at least need of them, unless the file or what the
 * window holds at most ends before. NULL: none.
 */
static const char *
look(struct window *w, uint64_t at, size_t need, size_t *len)
{
	if (at < w->at || at + need > w->at + w->len) {
		w->at = at;
		w->len = w->file->read(
			w->file->context, at, w->bytes, sizeof(w->bytes));
		if (w->len > sizeof(w->bytes))
			w->len = 0;
	}
	*len = w->len - (size_t)(at - w->at);
	return *len ? w->bytes + (at - w->at) : NULL;
}

/* Moves *at to the next place where a line begins. False: not before end. */
static bool
find_start(struct window *w, uint64_t *at, uint64_t end)
{
	/* It begins here if the byte before it is a newline. */
	uint64_t behind = *at - 1;

	if (*at == 0)
		return end > 0;
	while (behind < end) {
		size_t len;
		const char *bytes = look(w, behind, 1, &len);
		const char *newline = bytes ? memchr(bytes, '\n', len) : NULL;

		if (!bytes)
			return false;
		if (newline) {
			*at = behind + (uint64_t)(newline - bytes) + 1;
			return *at < end;
		}
		behind += len;
	}
	return false;
}

/* The first line that begins from `from` on, and before end, with a stamp. */
static bool
find_stamped(struct window *w, uint64_t from, uint64_t end, uint64_t *start,
	int64_t *us)
{
	for (; find_start(w, &from, end); from++) {
		size_t len;
		const char *bytes = look(w, from, WHEN_STAMP, &len);

		if (bytes && when_read_stamp(bytes, len, us)) {
			*start = from;
			return true;
		}
	}
	return false;
}

uint64_t
logfind_first(const struct logfind *file, int64_t us)
{
	/* No line that begins before low is late enough; those from high on
	 * are, and the first of these begins at best. */
	uint64_t low = 0, high = file->size, best = file->size;
	struct window w;

	w.file = file;
	w.at = 0;
	w.len = 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2, start;
		int64_t found;

		if (!find_stamped(&w, middle, high, &start, &found)) {
			high = middle;
		} else if (found >= us) {
			high = middle;
			best = start;
		} else {
			low = start + 1;
		}
	}
	return best;
}
