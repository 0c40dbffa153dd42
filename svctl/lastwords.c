#include "svctl/lastwords.h"

#include <string.h>

#include "svctl/when.h"

/* -1 for what is no number, or too great a one. */
static int64_t
number(const char *value, size_t len)
{
	int64_t n = 0;

	if (!len || len > 18)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return -1;
		n = n * 10 + (value[i] - '0');
	}
	return n;
}

static bool
is_word(const char *bytes, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(bytes, word, len);
}

/* What is shown as it is must be a name. */
static bool
is_plain(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = value[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
			!(c >= '0' && c <= '9') && c != '+' && c != '-')
			return false;
	}
	return len > 0 && len < 16;
}

static void
take(struct lastwords *w, const char *key, size_t key_len, const char *value,
	size_t len)
{
	static const char *const names[] = {
		"exit", "pid", "ran_ms", "cpu_ms", "peak_kb"};
	int64_t *const to[] = {
		&w->exit_code, &w->pid, &w->ran_ms, &w->cpu_ms, &w->peak_kb};

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		if (is_word(key, key_len, names[i]))
			*to[i] = number(value, len);
	}
	if (is_word(key, key_len, "time")) {
		if (len != WHEN_STAMP || !when_read_stamp(value, len, &w->us))
			w->us = WHEN_NONE;
	} else if (is_word(key, key_len, "signal")) {
		w->signal = value;
		w->signal_len = is_plain(value, len) ? len : 0;
	} else if (is_word(key, key_len, "oom")) {
		w->was_oom = is_word(value, len, "yes") ||
			     is_word(value, len, "1") ||
			     is_word(value, len, "true");
	}
}

bool
lastwords_parse(struct lastwords *words, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	memset(words, 0, sizeof(*words));
	words->us = WHEN_NONE;
	words->exit_code = words->pid = -1;
	words->ran_ms = words->cpu_ms = words->peak_kb = -1;
	words->text = end;
	while (bytes < end) {
		const char *newline =
			memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;
		const char *equals = memchr(bytes, '=', (size_t)(stop - bytes));

		if (newline == bytes) {
			words->text = newline + 1;
			words->text_len = (size_t)(end - words->text);
			break;
		}
		if (equals)
			take(words, bytes, (size_t)(equals - bytes), equals + 1,
				(size_t)(stop - equals - 1));
		bytes = newline ? newline + 1 : end;
	}
	return words->us != WHEN_NONE &&
	       (words->exit_code >= 0 || words->signal_len);
}
