#include <string.h>

#include "lib/arena.h"
#include "lib/condition.h"
#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/lines.h"
#include "lib/signame.h"
#include "lib/words.h"

#define SHOWN_MAX 60

static int
shown(const char *text)
{
	size_t len = strlen(text);

	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

/* Where a word begins in the value, when quotes do not mislead. */
static size_t
place(const struct def_value *v, const char *word)
{
	const char *at = strstr(v->text, word);

	return at ? (size_t)(at - v->text) : 0;
}

static bool
add_item(
	struct def_value *v, struct def_list *list, const char *item, bool wait)
{
	struct condition condition;
	const char *wrong = NULL;

	if (!condition_parse(item, wait, &condition, &wrong)) {
		def_error_text(
			v->error, "'%.*s': %s", shown(item), item, wrong);
		return def_value_fail(v, place(v, item));
	}
	return def_value_add(v, list, item);
}

static bool
add_items(struct def_value *v, struct def_list *list, bool wait)
{
	const char **words;
	unsigned count;

	v->error->column = 0;
	if (!words_split(v->text, WORDS_RAW, NULL, v->arena, &words, &count,
		    v->error)) {
		size_t column = v->error->column;

		return def_value_fail(v, column > 0 ? column - 1 : 0);
	}
	for (unsigned i = 0; i < count; i++)
		if (!add_item(v, list, words[i], wait))
			return false;
	return true;
}

bool
set_conditions(struct def_value *v, void *member)
{
	const char *command;

	if (!condition_is_command(v->text))
		return add_items(v, member, false);
	/* The whole rest is its command, as in other keys of commands. */
	command = strchr(v->text, ':') + 1;
	v->error->column = 0;
	if (!words_check(command, WORDS_VARIABLES, v->error)) {
		size_t column = v->error->column;

		return def_value_fail(v, (size_t)(command - v->text) +
						 (column > 0 ? column - 1 : 0));
	}
	return add_item(v, member, v->text, false);
}

bool
set_waits(struct def_value *v, void *member)
{
	return add_items(v, member, true);
}

bool
def_status_parse(const char *word, int *code, int *signal)
{
	unsigned n = 0;
	const char *at = word;

	for (; *at >= '0' && *at <= '9' && n <= 255; at++)
		n = n * 10 + (unsigned)(*at - '0');
	*code = -1;
	*signal = 0;
	if (at != word && *at == '\0' && n <= 255) {
		*code = (int)n;
		return true;
	}
	if (*word < '0' || *word > '9')
		*signal = signame_parse(word);
	return *signal > 0;
}

/* A number is an exit code, a name a signal. */
bool
set_statuses(struct def_value *v, void *member)
{
	const char **words;
	unsigned count;
	int code, signal;

	v->error->column = 0;
	if (!words_split(v->text, WORDS_RAW, NULL, v->arena, &words, &count,
		    v->error))
		return def_value_fail(v, 0);
	for (unsigned i = 0; i < count; i++) {
		if (!def_status_parse(words[i], &code, &signal)) {
			def_error_text(v->error,
				"'%.*s' is neither an exit code from 0 to 255 "
				"nor a signal such as TERM",
				shown(words[i]), words[i]);
			return def_value_fail(v, place(v, words[i]));
		}
		if (!def_value_add(v, member, words[i]))
			return false;
	}
	return true;
}
