#include <stdint.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/name.h"
#include "lib/size.h"
#include "lib/words.h"

#define SERVICE	     "service:"
#define SERVICE_LEN  (sizeof(SERVICE) - 1)
#define SHOWN_MAX    60
#define LINE_MAX_LOW 128u
#define LINE_MAX_TOP 65536u
#define KEEP_MOST    100000u

static int
shown(size_t len)
{
	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

static bool
take_service(struct def_value *v, const char *word, size_t len, size_t at)
{
	const char *name = word + SERVICE_LEN;
	size_t name_len = len - SERVICE_LEN;

	if (!name_is_valid(name, name_len)) {
		def_error_text(v->error, "'%.*s' is no name of a service",
			shown(name_len), name);
		return def_value_fail(v, at + SERVICE_LEN);
	}
	if (v->def->log_service) {
		def_error_text(v->error, "only one service can be named");
		return def_value_fail(v, at);
	}
	v->def->log_service = arena_copy(v->arena, name, name_len);
	return v->def->log_service || def_value_too_large(v);
}

/* The bit of one destination, 0: an error. */
static uint8_t
take_destination(struct def_value *v, const char *word, size_t len, size_t at)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} words[] = {{"file", LOG_TO_FILE}, {"stdout", LOG_TO_STDOUT},
		{"syslog", LOG_TO_SYSLOG}, {"none", LOG_TO_NONE}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
			memcmp(words[i].word, word, len) == 0)
			return words[i].bit;
	if (len > SERVICE_LEN && memcmp(word, SERVICE, SERVICE_LEN) == 0)
		return take_service(v, word, len, at) ? LOG_TO_SERVICE : 0;
	def_error_text(v->error,
		"'%.*s' is none of file, stdout, syslog, none, service:NAME",
		shown(len), word);
	def_value_fail(v, at);
	return 0;
}

bool
set_log(struct def_value *v, void *member)
{
	uint8_t *bits = member;
	size_t at = 0;

	*bits = 0;
	v->def->log_service = NULL;
	for (;;) {
		size_t len;
		uint8_t bit;

		at += strspn(v->text + at, " \t");
		len = strcspn(v->text + at, " \t");
		if (len == 0)
			return true;
		bit = take_destination(v, v->text + at, len, at);
		if (bit == 0)
			return false;
		if (((*bits | bit) & LOG_TO_NONE) != 0 && *bits != 0) {
			def_error_text(v->error,
				"'none' stands alone; remove it or the others");
			return def_value_fail(v, at);
		}
		*bits |= bit;
		at += len;
	}
}

static bool
fail_size(struct def_value *v)
{
	def_error_text(v->error,
		"'%.*s' is no size; write bytes, or 64K, 10M, 1G, or infinity",
		shown(v->len), v->text);
	return def_value_fail(v, 0);
}

bool
set_size(struct def_value *v, void *member)
{
	return size_parse(v->text, v->len, member) || fail_size(v);
}

bool
set_line_max(struct def_value *v, void *member)
{
	uint64_t size;

	if (!size_parse(v->text, v->len, &size))
		return fail_size(v);
	if (size < LINE_MAX_LOW || size > LINE_MAX_TOP) {
		def_error_text(v->error, "from %u to %u bytes", LINE_MAX_LOW,
			LINE_MAX_TOP);
		return def_value_fail(v, 0);
	}
	*(uint32_t *)member = (uint32_t)size;
	return true;
}

bool
set_count(struct def_value *v, void *member)
{
	uint32_t n = 0;
	size_t i = 0;

	if (strcmp(v->text, "infinity") == 0)
		i = v->len;
	for (; i < v->len && n <= KEEP_MOST; i++) {
		if (v->text[i] < '0' || v->text[i] > '9')
			break;
		n = n * 10 + (uint32_t)(v->text[i] - '0');
	}
	if (i < v->len || n > KEEP_MOST) {
		def_error_text(v->error,
			"'%.*s' is no number from 1 to %u; 0 and infinity mean "
			"no limit",
			shown(v->len), v->text, KEEP_MOST);
		return def_value_fail(v, 0);
	}
	*(uint32_t *)member = n;
	return true;
}

bool
set_overflow(struct def_value *v, void *member)
{
	bool is_drop = strcmp(v->text, "drop") == 0;

	if (!is_drop && strcmp(v->text, "block") != 0) {
		def_error_text(v->error, "'%.*s' is neither block nor drop",
			shown(v->len), v->text);
		return def_value_fail(v, 0);
	}
	*(uint8_t *)member = is_drop ? OVERFLOW_DROP : OVERFLOW_BLOCK;
	return true;
}

bool
set_processor(struct def_value *v, void *member)
{
	v->error->column = 0;
	if (!words_check(v->text, WORDS_RAW, v->error)) {
		size_t column = v->error->column;

		return def_value_fail(v, column > 0 ? column - 1 : 0);
	}
	*(const char **)member = v->text;
	return true;
}
