#include "supervisor/svlog/victim.h"

#include <string.h>

#define FACILITY_MOST 7 /* priorities below it plus one are the kernel's */

struct text {
	const char *at;
	size_t len;
};

static bool
take_number(struct text *text, uint64_t *n)
{
	size_t digits = 0;

	*n = 0;
	while (digits < text->len && digits < 18 && text->at[digits] >= '0' &&
		text->at[digits] <= '9')
		*n = *n * 10 + (uint64_t)(text->at[digits++] - '0');
	text->at += digits;
	text->len -= digits;
	return digits > 0;
}

static bool
take(struct text *text, const char *want)
{
	size_t len = strlen(want);

	if (text->len < len || memcmp(text->at, want, len) != 0)
		return false;
	text->at += len;
	text->len -= len;
	return true;
}

bool
victim_parse(const char *record, size_t len, struct victim *victim)
{
	struct text text = {record, len};
	uint64_t priority, sequence, pid;
	const char *message;

	if (!take_number(&text, &priority) || priority > FACILITY_MOST ||
		!take(&text, ",") || !take_number(&text, &sequence) ||
		!take(&text, ",") || !take_number(&text, &victim->us))
		return false;
	message = memchr(text.at, ';', text.len);
	if (!message)
		return false;
	text.len -= (size_t)(message + 1 - text.at);
	text.at = message + 1;
	/* Names of processes follow later, so nobody can write this. */
	if (!take(&text, "Out of memory: ") &&
		!take(&text, "Memory cgroup out of memory: "))
		take(&text, "Out of memory (oom_kill_allocating_task): ");
	if (!take(&text, "Killed process ") || !take_number(&text, &pid) ||
		pid == 0 || pid > INT32_MAX)
		return false;
	victim->pid = (int32_t)pid;
	return true;
}

bool
victim_count(const char *text, size_t len, const char *key, uint64_t *n)
{
	struct text rest = {text, len};

	while (rest.len > 0) {
		struct text line = rest;
		const char *newline = memchr(rest.at, '\n', rest.len);
		size_t used =
			newline ? (size_t)(newline + 1 - rest.at) : rest.len;

		if (take(&line, key) && take(&line, " ") &&
			take_number(&line, n))
			return true;
		rest.at += used;
		rest.len -= used;
	}
	return false;
}
