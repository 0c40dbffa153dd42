#include "supervisor/svlog/svlogd_config.h"

#include <string.h>

#include "supervisor/svlog/entries.h"

/* Digits alone. */
static bool
take_number(const char *text, uint64_t *n)
{
	size_t len = strlen(text);

	return len > 0 && text[strspn(text, "0123456789")] == '\0' &&
	       entries_number(text, len, n);
}

bool
svlogd_number(const char *text, uint32_t *n)
{
	uint64_t wide;

	if (!take_number(text, &wide) || wide > UINT32_MAX)
		return false;
	*n = (uint32_t)wide;
	return true;
}

/* A line of the file; false: nothing here that it could mean. */
static bool
take_line(struct svlogd_config *c, char *line)
{
	switch (line[0]) {
	case '\0':
	case '#':
		return true;
	case 's':
		return take_number(line + 1, &c->entry->size);
	case 'n':
		return svlogd_number(line + 1, &c->entry->keep);
	case 't':
		return svlogd_number(line + 1, &c->entry->age_s);
	case '!':
		if (line[1] != '\0')
			c->processor = line + 1;
		return line[1] != '\0';
	default:
		return false;
	}
}

unsigned
svlogd_config(struct svlogd_config *c, char *text)
{
	unsigned bad = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		bool is_last = text[len] == '\0';

		text[len] = '\0';
		bad += !take_line(c, text);
		text += len + !is_last;
	}
	return bad;
}
