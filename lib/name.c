#include "lib/name.h"

#include <string.h>

#define WORD_MAX 63

static bool
is_name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_.:@+-", c) != NULL);
}

static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len &&
	       memcmp(text + len - end_len, end, end_len) == 0;
}

/*
 * %I makes a path of it, with - as /: neither hidden nor an option, and no way
 * up.
 */
static bool
is_good_instance(const char *text, size_t len)
{
	if (len > 0 && (text[0] == '-' || text[0] == '.'))
		return false;
	while (len > 0) {
		const char *dash = memchr(text, '-', len);
		size_t part = dash != NULL ? (size_t)(dash - text) : len;

		if (part == 2 && text[0] == '.' && text[1] == '.')
			return false;
		part += dash != NULL;
		text += part;
		len -= part;
	}
	return true;
}

bool
name_is_valid(const char *name, size_t len)
{
	const char *at;

	if (len == 0 || len >= NAME_CAP)
		return false;
	if (name[0] == '.' || name[0] == '-' || name[0] == '@')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_name_byte(name[i]))
			return false;
	at = memchr(name, '@', len);
	if (at != NULL &&
		!is_good_instance(at + 1, len - (size_t)(at + 1 - name)))
		return false;
	return !ends_with(name, len, ".d") && !ends_with(name, len, ".wants");
}

bool
name_template(const char *name, char out[NAME_CAP])
{
	size_t len = strcspn(name, "@") + 1;

	if (len >= NAME_CAP || name[len - 1] == '\0' || name[len] == '\0')
		return false;
	memcpy(out, name, len);
	out[len] = '\0';
	return true;
}

bool
name_logged(const char *name, char out[NAME_CAP])
{
	size_t len = strlen(name);
	size_t end = sizeof(NAME_LOGGER) - 1;

	if (len <= end || len >= NAME_CAP ||
		memcmp(name + len - end, NAME_LOGGER, end) != 0)
		return false;
	memcpy(out, name, len - end);
	out[len - end] = '\0';
	return true;
}

bool
name_is_ignored(const char *file)
{
	static const char *const ends[] = {"~", ".bak", ".swp", ".orig", ".rej",
		".disabled", ".apk-new", ".pacnew", ".pacsave", ".new"};
	static const char *const middles[] = {".dpkg-", ".rpm", ".ucf-"};
	size_t len = strlen(file);

	if (file[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(file, len, ends[i]))
			return true;
	for (size_t i = 0; i < sizeof(middles) / sizeof(middles[0]); i++)
		if (strstr(file, middles[i]) != NULL)
			return true;
	return false;
}

uint64_t
name_hash(const char *name)
{
	uint64_t hash = 14695981039346656037u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	return hash;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
name_distance(const char *a, const char *b, unsigned limit)
{
	/* Three rows of the table are enough to see swapped neighbours. */
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t a_len = strnlen(a, WORD_MAX + 1);
	size_t b_len = strnlen(b, WORD_MAX + 1);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *free_row = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned differs = a[i - 1] != b[j - 1];

			row[j] = least(above[j - 1] + differs,
				least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = free_row;
	}
	return least(above[b_len], limit + 1);
}

unsigned
name_reach(const char *mistyped)
{
	size_t len = strnlen(mistyped, WORD_MAX);

	return len < 2 ? 0 : len < 5 ? 1 : 2;
}
