#include "lib/def_value.h"

#include <stdint.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/lines.h"
#include "lib/name.h"
#include "lib/signame.h"
#include "lib/state.h"
#include "lib/words.h"

#define SHOWN_MAX 60 /* bytes of a bad value that a message repeats */

struct choice {
	const char *word;
	uint8_t value;
};

bool
def_value_fail(struct def_value *value, size_t offset)
{
	lines_locate(value->pair, offset, value->error);
	return false;
}

bool
def_value_too_large(struct def_value *value)
{
	def_error_text(value->error,
		"too large: the definition needs more memory than is set "
		"aside for one");
	return def_value_fail(value, 0);
}

/* How much of a value of len bytes a message shows. */
static int
shown(size_t len)
{
	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next blank-separated word from *at on; its length, 0 for none. */
static size_t
next_word(const char *text, size_t *at)
{
	size_t len = 0;

	while (is_blank(text[*at]))
		(*at)++;
	while (text[*at + len] != '\0' && !is_blank(text[*at + len]))
		len++;
	return len;
}

bool
def_value_add(struct def_value *v, struct def_list *list, const char *item)
{
	if (list->len == list->cap) {
		unsigned cap = list->cap == 0 ? 4 : list->cap * 2;
		const char **grown =
			arena_alloc(v->arena, cap * sizeof(*grown));

		if (grown == NULL)
			return def_value_too_large(v);
		if (list->len > 0)
			memcpy(grown, list->item, list->len * sizeof(*grown));
		list->item = grown;
		list->cap = cap;
	}
	list->item[list->len++] = item;
	return true;
}

static bool
choose(struct def_value *v, void *member, const struct choice *choices,
	const char *right)
{
	for (; choices->word != NULL; choices++) {
		if (strcmp(choices->word, v->text) == 0) {
			*(uint8_t *)member = choices->value;
			return true;
		}
	}
	def_error_text(v->error, "'%.*s' is none of %s", shown(v->len), v->text,
		right);
	return def_value_fail(v, 0);
}

bool
set_type(struct def_value *v, void *member)
{
	static const struct choice choices[] = {{"process", TYPE_PROCESS},
		{"forking", TYPE_FORKING}, {"oneshot", TYPE_ONESHOT},
		{"target", TYPE_TARGET}, {NULL, 0}};

	return choose(v, member, choices, "process, forking, oneshot, target");
}

bool
set_restart(struct def_value *v, void *member)
{
	static const struct choice choices[] = {{"always", RESTART_ALWAYS},
		{"on-failure", RESTART_ON_FAILURE},
		{"on-abnormal", RESTART_ON_ABNORMAL}, {"never", RESTART_NEVER},
		{NULL, 0}};

	return choose(
		v, member, choices, "always, on-failure, on-abnormal, never");
}

bool
set_kill_mode(struct def_value *v, void *member)
{
	static const struct choice choices[] = {{"group", KILL_GROUP},
		{"process", KILL_PROCESS}, {"mixed", KILL_MIXED},
		{"all", KILL_ALL}, {NULL, 0}};

	return choose(v, member, choices, "group, process, mixed, all");
}

bool
set_bool(struct def_value *v, void *member)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		bool is_yes = strcmp(v->text, yes[i]) == 0;

		if (is_yes || strcmp(v->text, no[i]) == 0) {
			*(bool *)member = is_yes;
			return true;
		}
	}
	def_error_text(v->error, "'%.*s' is neither yes nor no", shown(v->len),
		v->text);
	return def_value_fail(v, 0);
}

/* Quotes around the whole value are taken off. */
bool
set_text(struct def_value *v, void *member)
{
	char first = v->text[0];

	if (v->len >= 2 && (first == '"' || first == '\'') &&
		v->text[v->len - 1] == first) {
		v->text[v->len - 1] = '\0';
		v->text++;
	}
	*(const char **)member = v->text;
	return true;
}

/* A user or group: its name or number. */
bool
set_word(struct def_value *v, void *member)
{
	size_t len = strcspn(v->text, " \t:/'\"");

	if (len != v->len) {
		def_error_text(v->error,
			"'%.*s' is not one name or number; user and group are "
			"two keys",
			shown(v->len), v->text);
		return def_value_fail(v, len);
	}
	*(const char **)member = v->text;
	return true;
}

bool
set_signal(struct def_value *v, void *member)
{
	int signal = signame_parse(v->text);

	if (signal <= 0) {
		def_error_text(v->error,
			"'%.*s' is no signal; write one such as TERM or HUP",
			shown(v->len), v->text);
		return def_value_fail(v, 0);
	}
	*(uint8_t *)member = (uint8_t)signal;
	return true;
}

static bool
fail_duration(struct def_value *v, size_t at, size_t len)
{
	def_error_text(v->error,
		"'%.*s' is no duration; write one such as 500ms, 10s, "
		"1min30s, 1h",
		shown(len), v->text + at);
	return def_value_fail(v, at);
}

bool
set_duration(struct def_value *v, void *member)
{
	if (!duration_parse(v->text, v->len, member))
		return fail_duration(v, 0, v->len);
	return true;
}

bool
set_delays(struct def_value *v, void *member)
{
	uint32_t *delay_ms = member;
	unsigned count = 0;
	size_t len;

	for (size_t at = 0; (len = next_word(v->text, &at)) > 0; at += len) {
		if (count == DEF_DELAYS_MAX) {
			def_error_text(v->error, "more than %d delays",
				DEF_DELAYS_MAX);
			return def_value_fail(v, at);
		}
		if (v->text[at] == 'i') {
			def_error_text(v->error,
				"a delay cannot be infinite; write "
				"restart = never");
			return def_value_fail(v, at);
		}
		if (!duration_parse(v->text + at, len, &delay_ms[count++]))
			return fail_duration(v, at, len);
	}
	v->def->delays = count;
	return true;
}

/* COUNT/DURATION or none; fills in limit_ms as well. */
bool
set_limit(struct def_value *v, void *member)
{
	uint32_t *count = member;
	uint32_t ms = 0;
	uint64_t n = 0;
	size_t at = 0;

	v->def->limit_ms = 0;
	if (strcmp(v->text, "none") == 0)
		return true;
	for (; v->text[at] >= '0' && v->text[at] <= '9' && n < UINT32_MAX; at++)
		n = n * 10 + (uint64_t)(v->text[at] - '0');
	if (at == 0 || v->text[at] != '/' || n == 0 || n > UINT32_MAX ||
		!duration_parse(v->text + at + 1, v->len - at - 1, &ms) ||
		ms == DURATION_NONE) {
		def_error_text(v->error,
			"'%.*s' is no limit; write COUNT/DURATION such as "
			"5/10s, or none",
			shown(v->len), v->text);
		return def_value_fail(v, 0);
	}
	*count = (uint32_t)n;
	v->def->limit_ms = ms;
	return true;
}

/* The names are cut out of the value in place. */
bool
set_names(struct def_value *v, void *member)
{
	size_t len;

	for (size_t at = 0; (len = next_word(v->text, &at)) > 0;) {
		char *name = v->text + at;

		if (!name_is_valid(name, len)) {
			def_error_text(v->error,
				"'%.*s' is no name of a service; names are "
				"1 to 127 of A-Za-z0-9_.:@+- and begin with "
				"none of . - @, separated by blanks",
				shown(len), name);
			return def_value_fail(v, at);
		}
		at += len;
		if (at < v->len)
			v->text[at++] = '\0';
		if (!def_value_add(v, member, name))
			return false;
	}
	return true;
}

/* A column within v->text that words.c found becomes one of the file. */
static bool
fail_word(struct def_value *v, const char *text)
{
	size_t offset = (size_t)(text - v->text);

	if (v->error->column > 0)
		offset += v->error->column - 1;
	return def_value_fail(v, offset);
}

bool
set_command(struct def_value *v, void *member)
{
	struct def_list *list = member;
	bool may_fail, is_privileged;
	const char *command =
		def_command_flags(v->text, &may_fail, &is_privileged);

	if (*command == '\0' || *command == '-' || *command == '+') {
		def_error_text(v->error, "%s after at most one '-' and one '+'",
			*command == '\0' ? "a program is missing"
					 : "the program must come");
		return fail_word(v, command);
	}
	if (list->len == DEF_COMMANDS_MAX) {
		def_error_text(
			v->error, "more than %d commands", DEF_COMMANDS_MAX);
		return def_value_fail(v, 0);
	}
	v->error->column = 0;
	if (!words_check(command, WORDS_VARIABLES, v->error))
		return fail_word(v, command);
	v->def->command_line = v->pair->line;
	return def_value_add(v, list, v->text);
}

/* Splits the value into unquoted words that keep their specifiers. */
static bool
split(struct def_value *v, const char ***words, unsigned *count)
{
	v->error->column = 0;
	if (!words_split(
		    v->text, WORDS_RAW, NULL, v->arena, words, count, v->error))
		return fail_word(v, v->text);
	return true;
}

/* Where the n-th word begins, when blanks in quotes do not mislead. */
static size_t
word_offset(const struct def_value *v, unsigned n)
{
	size_t at = 0;
	size_t len = next_word(v->text, &at);

	for (; n > 0; n--) {
		at += len;
		len = next_word(v->text, &at);
	}
	return at;
}

static bool
is_assignment(const char *pair)
{
	size_t len = 0;

	while ((pair[len] >= 'A' && pair[len] <= 'Z') ||
		(pair[len] >= 'a' && pair[len] <= 'z') || pair[len] == '_' ||
		(len > 0 && pair[len] >= '0' && pair[len] <= '9'))
		len++;
	return len > 0 && pair[len] == '=';
}

bool
set_environment(struct def_value *v, void *member)
{
	const char **words;
	unsigned count;

	if (!split(v, &words, &count))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!is_assignment(words[i])) {
			/* It may be half of a password. */
			def_error_text(v->error,
				"word %u is not NAME=value; quote a value that "
				"has blanks",
				i + 1);
			return def_value_fail(v, word_offset(v, i));
		}
		if (!def_value_add(v, member, words[i]))
			return false;
	}
	return true;
}

/* Absolute, or made so by a specifier of a directory. */
static bool
is_absolute(const char *path)
{
	return path[0] == '/' || strncmp(path, "%h", 2) == 0 ||
	       strncmp(path, "%t", 2) == 0;
}

bool
set_paths(struct def_value *v, void *member)
{
	const char **words;
	unsigned count;

	if (!split(v, &words, &count))
		return false;
	for (unsigned i = 0; i < count; i++) {
		const char *path = words[i] + (words[i][0] == '-');

		if (!is_absolute(path)) {
			def_error_text(v->error,
				"'%.*s' is not an absolute path; begin it "
				"with /",
				shown(strlen(path)), path);
			return def_value_fail(v, word_offset(v, i));
		}
		if (!def_value_add(v, member, words[i]))
			return false;
	}
	return true;
}

bool
set_path(struct def_value *v, void *member)
{
	const char **words;
	unsigned count;

	if (!split(v, &words, &count))
		return false;
	if (count != 1) {
		def_error_text(v->error, "more than one path; quote a path "
					 "that has blanks");
		return def_value_fail(v, word_offset(v, 1));
	}
	if (!is_absolute(words[0])) {
		def_error_text(v->error,
			"'%.*s' is not an absolute path; begin it with /",
			shown(strlen(words[0])), words[0]);
		return def_value_fail(v, 0);
	}
	*(const char **)member = words[0];
	return true;
}
