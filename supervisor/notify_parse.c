#include "supervisor/notify_parse.h"

#include <string.h>

#define PID_MOST INT32_MAX

/* A number of digits alone; NOTIFY_NONE: it is none, or too large. */
static uint64_t
number(const char *text, size_t len)
{
	uint64_t n = 0;

	if (len == 0 || len > 19)
		return NOTIFY_NONE;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return NOTIFY_NONE;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	return n;
}

static bool
is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static void
set_number(uint64_t *member, const char *value, size_t len)
{
	uint64_t n = number(value, len);

	if (n != NOTIFY_NONE)
		*member = n;
}

/* False: nothing that we know. */
static bool
take_number(struct notify *n, const char *name, size_t name_len,
	const char *value, size_t len)
{
	uint64_t pid;

	if (is(name, name_len, "MONOTONIC_USEC")) {
		set_number(&n->reload_usec, value, len);
	} else if (is(name, name_len, "EXTEND_TIMEOUT_USEC")) {
		set_number(&n->extend_usec, value, len);
	} else if (is(name, name_len, "WATCHDOG_USEC")) {
		set_number(&n->watchdog_usec, value, len);
	} else if (is(name, name_len, "MAINPID")) {
		pid = number(value, len);
		if (pid <= PID_MOST)
			n->main_pid = (int32_t)pid;
	} else {
		return false;
	}
	return true;
}

static bool
take_pair(struct notify *n, const char *name, size_t name_len,
	const char *value, size_t len)
{
	bool is_one = is(value, len, "1");

	if (is(name, name_len, "READY")) {
		n->is_ready = n->is_ready || is_one;
	} else if (is(name, name_len, "STOPPING")) {
		n->is_stopping = n->is_stopping || is_one;
	} else if (is(name, name_len, "RELOADING")) {
		n->is_reloading = n->is_reloading || is_one;
	} else if (is(name, name_len, "WATCHDOG")) {
		n->is_ping = n->is_ping || is_one;
		n->is_trigger = n->is_trigger || is(value, len, "trigger");
	} else if (is(name, name_len, "STATUS")) {
		n->status = value;
		n->status_len = len;
	} else {
		return take_number(n, name, name_len, value, len);
	}
	return true;
}

bool
notify_parse(const char *bytes, size_t len, struct notify *out)
{
	bool is_known = false;

	memset(out, 0, sizeof(*out));
	out->reload_usec = NOTIFY_NONE;
	out->extend_usec = NOTIFY_NONE;
	out->watchdog_usec = NOTIFY_NONE;
	while (len > 0 && bytes[len - 1] == '\0')
		len--;
	if (len == 0 || len > NOTIFY_BYTES || memchr(bytes, '\0', len))
		return false;
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t line = end ? (size_t)(end - bytes) : len;
		const char *sign = memchr(bytes, '=', line);

		if (sign &&
			take_pair(out, bytes, (size_t)(sign - bytes), sign + 1,
				line - (size_t)(sign - bytes) - 1))
			is_known = true;
		bytes += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return is_known;
}

void
notify_clean(char *out, size_t cap, const char *text, size_t len)
{
	if (len >= cap) {
		len = cap - 1;
		/* Bytes 10xxxxxx go on with a character that began before. */
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 127
				 ? ' '
				 : text[i];
	out[len] = '\0';
}
