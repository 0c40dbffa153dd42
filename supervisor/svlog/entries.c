#include "supervisor/svlog/entries.h"

#include <string.h>

#include "lib/name.h"

static const char magic[] = "tend-logs 1";

static struct entries_words
take_until(struct entries_words *rest, char end)
{
	const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
	struct entries_words word = *rest;

	if (at) {
		word.len = (size_t)(at - rest->at);
		rest->at = at + 1;
		rest->len -= word.len + 1;
	} else {
		rest->at += rest->len;
		rest->len = 0;
	}
	return word;
}

static bool
take_line(struct entries *entries, struct entries_words *line)
{
	struct entries_words rest = {
		entries->text + entries->at, entries->len - entries->at};

	if (rest.len == 0)
		return false;
	*line = take_until(&rest, '\n');
	entries->at = entries->len - rest.len;
	return true;
}

static bool
is(struct entries_words word, const char *text)
{
	return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

bool
entries_number(const char *text, size_t len, uint64_t *n)
{
	uint64_t value = 0;
	unsigned shift = 0;

	if (len > 1 && (text[len - 1] == 'K' || text[len - 1] == 'k'))
		shift = 10;
	else if (len > 1 && text[len - 1] == 'M')
		shift = 20;
	else if (len > 1 && text[len - 1] == 'G')
		shift = 30;
	len -= shift > 0;
	/* As many digits as cannot overflow before they are looked at. */
	if (len == 0 || len > (shift ? 10 : 18))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > UINT64_MAX >> 1 >> shift)
		return false;
	*n = value << shift;
	return true;
}

static bool
take_number(struct entries_words value, uint64_t *n)
{
	return entries_number(value.at, value.len, n);
}

static bool
take_small(struct entries_words value, uint32_t *n)
{
	uint64_t wide;

	if (!take_number(value, &wide))
		return false;
	*n = wide > UINT32_MAX ? UINT32_MAX : (uint32_t)wide;
	return true;
}

static bool
take_service(struct entry *entry, struct entries_words word)
{
	static const char key[] = "service:";
	size_t len = sizeof(key) - 1;

	if (word.len < len || memcmp(word.at, key, len) != 0 ||
		!name_is_valid(word.at + len, word.len - len))
		return false;
	entry->service = (struct entries_words){word.at + len, word.len - len};
	return true;
}

static unsigned
take_destinations(struct entry *entry, struct entries_words value)
{
	unsigned to = 0;

	while (value.len > 0) {
		struct entries_words word = take_until(&value, ',');

		if (is(word, "file"))
			to |= ENTRIES_FILE;
		else if (is(word, "stdout"))
			to |= ENTRIES_STDOUT;
		else if (is(word, "syslog"))
			to |= ENTRIES_RELAY;
		else if (take_service(entry, word))
			to |= ENTRIES_SERVICE;
	}
	return to;
}

static bool
take_source(struct entries_words value, enum entries_source *source)
{
	if (is(value, "syslog"))
		*source = ENTRIES_SYSLOG;
	else if (is(value, "kmsg"))
		*source = ENTRIES_KMSG;
	else
		return false;
	return true;
}

static bool
take_pair(struct entry *entry, struct entries_words key,
	struct entries_words value)
{
	if (is(key, "to"))
		entry->to = take_destinations(entry, value);
	else if (is(key, "size"))
		return take_number(value, &entry->size);
	else if (is(key, "keep"))
		return take_small(value, &entry->keep);
	else if (is(key, "line-max"))
		return take_small(value, &entry->line_max);
	else if (is(key, "age"))
		return take_small(value, &entry->age_s);
	else if (is(key, "overflow"))
		entry->is_dropped = is(value, "drop");
	else if (is(key, "streams"))
		entry->has_err = !is(value, "1");
	else if (is(key, "path"))
		entry->path = value;
	else if (is(key, "source"))
		return take_source(value, &entry->source);
	return true;
}

void
entries_default(struct entry *entry)
{
	*entry = (struct entry){
		.to = ENTRIES_FILE,
		.size = 1u << 20,
		.keep = 10,
		.line_max = ENTRIES_LINE_MAX_DEFAULT,
		.has_err = true,
	};
}

void
entries_bound(struct entry *entry)
{
	if (entry->line_max == 0)
		entry->line_max = ENTRIES_LINE_MAX_DEFAULT;
	if (entry->line_max > ENTRIES_LINE_MAX)
		entry->line_max = ENTRIES_LINE_MAX;
	if (entry->size == 0)
		entry->size = UINT64_MAX >> 1;
	if (entry->size < ENTRIES_SIZE_MIN)
		entry->size = ENTRIES_SIZE_MIN;
}

static bool
parse(struct entries_words line, struct entry *entry)
{
	entries_default(entry);
	entry->name = take_until(&line, ' ');
	if (!name_is_valid(entry->name.at, entry->name.len))
		return false;
	while (line.len > 0) {
		struct entries_words rest = line;
		struct entries_words word = take_until(&line, ' ');
		struct entries_words key = take_until(&word, '=');

		if (is(key, "processor")) {
			take_until(&rest, '=');
			entry->processor = rest;
			break;
		}
		if (!take_pair(entry, key, word))
			return false;
	}
	entries_bound(entry);
	return true;
}

static void
parse_all(struct entries *entries, struct entries_words line)
{
	take_until(&line, ' ');
	while (line.len > 0) {
		struct entries_words word = take_until(&line, ' ');
		struct entries_words key = take_until(&word, '=');

		if (is(key, "max-total")) {
			if (!take_number(word, &entries->max_total))
				entries->bad++;
		} else if (is(key, "group")) {
			entries->group = word;
		} else if (is(key, "syslog")) {
			entries->syslog = word;
		} else if (is(key, "format")) {
			entries->is_json = is(word, "json");
		}
	}
}

bool
entries_init(struct entries *entries, const char *text, size_t len)
{
	struct entries_words line;

	*entries = (struct entries){.text = text, .len = len};
	return take_line(entries, &line) && is(line, magic);
}

bool
entries_next(struct entries *entries, struct entry *entry)
{
	struct entries_words line;

	while (take_line(entries, &line)) {
		if (line.len > 0 && line.at[0] == '*')
			parse_all(entries, line);
		else if (parse(line, entry))
			return true;
		else if (line.len > 0)
			entries->bad++;
	}
	return false;
}
