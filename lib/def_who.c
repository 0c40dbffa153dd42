#include <string.h>

#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/limits.h"

#define SHOWN_MAX 60

static int
shown(size_t len)
{
	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

/* Each word of the value, cut out of it in place, for which is_right holds. */
static bool
add_words(struct def_value *v, struct def_list *list,
	bool (*is_right)(const char *word), const char *right)
{
	size_t at = 0;

	for (;;) {
		char *word;
		size_t len;

		at += strspn(v->text + at, " \t");
		len = strcspn(v->text + at, " \t");
		if (len == 0)
			return true;
		word = v->text + at;
		at += len;
		if (word[len] != '\0')
			v->text[at++] = '\0';
		if (!is_right(word)) {
			def_error_text(v->error, "'%.*s' is not %s", shown(len),
				word, right);
			return def_value_fail(v, (size_t)(word - v->text));
		}
		if (!def_value_add(v, list, word))
			return false;
	}
}

static bool
is_account(const char *word)
{
	return word[strcspn(word, ":/,'\"")] == '\0';
}

static bool
is_variable(const char *word)
{
	const char *at = word;

	while ((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
		*at == '_' || (at > word && *at >= '0' && *at <= '9'))
		at++;
	return at > word && *at == '\0';
}

bool
set_groups(struct def_value *v, void *member)
{
	return add_words(v, member, is_account,
		"the name or number of a group; separate several by blanks");
}

bool
set_variables(struct def_value *v, void *member)
{
	return add_words(v, member, is_variable,
		"the name of a variable; separate several by blanks");
}

bool
set_umask(struct def_value *v, void *member)
{
	unsigned mask;

	if (!limits_umask_parse(v->text, &mask)) {
		def_error_text(v->error,
			"'%.*s' is no mask; write octal digits such as 022",
			shown(v->len), v->text);
		return def_value_fail(v, 0);
	}
	*(const char **)member = v->text;
	return true;
}

/* null, tty, or what any path may be. */
bool
set_stdin(struct def_value *v, void *member)
{
	if (strcmp(v->text, "null") == 0 || strcmp(v->text, "tty") == 0) {
		*(const char **)member = v->text;
		return true;
	}
	if (v->text[strcspn(v->text, "/%'\"")] != '\0')
		return set_path(v, member);
	def_error_text(v->error,
		"'%.*s' is none of null, tty, an absolute path", shown(v->len),
		v->text);
	return def_value_fail(v, 0);
}
