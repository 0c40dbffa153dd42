/* What the command line and the environment say in vain. */
#include <string.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/given.h"
#include "lib/loaded.h"
#include "lib/section.h"

/* Bytes of a word in a message. */
#define WORD_SHOWN 80

struct check {
	const struct load_text *text; /* sections */
	void (*warn)(const char *message);
	char message[512];
	struct fmt f;
};

static void
begin(struct check *c, const char *what, const char *word, size_t len)
{
	bool is_long = len > WORD_SHOWN;

	fmt_init(&c->f, c->message, sizeof(c->message));
	fmt_str(&c->f, what);
	fmt_bytes(&c->f, word, is_long ? WORD_SHOWN : len);
	fmt_str(&c->f, is_long ? "...: " : ": ");
}

static void
put_near(struct check *c, const char *near)
{
	if (near && *near)
		fmt_printf(&c->f, "; did you mean '%s'?", near);
	c->warn(c->message);
}

/* A copy as a word, with the dashes that keys have. */
static bool
copy(const char *bytes, size_t len, char out[NAME_CAP], bool has_dashes)
{
	if (len >= NAME_CAP)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = has_dashes && bytes[i] == '_' ? '-' : bytes[i];
	out[len] = '\0';
	return true;
}

static const char *
nearest_key(const char *bytes, size_t len)
{
	char word[NAME_CAP];
	const char *near = NULL;
	unsigned best;

	if (!copy(bytes, len, word, true))
		return NULL;
	best = name_reach(word) + 1;
	for (unsigned i = 0; def_key_name(i); i++) {
		unsigned distance = name_distance(word, def_key_name(i), best);

		if (distance < best) {
			best = distance;
			near = def_key_name(i);
		}
	}
	return near;
}

/* Is it there? Else near is the name most like it, "" if none is. */
static bool
find_name(const struct check *c, const char *bytes, size_t len,
	char near[NAME_CAP])
{
	struct loaded_section section;
	char word[NAME_CAP];
	bool is_word = copy(bytes, len, word, false), is_broken;
	unsigned best = is_word ? name_reach(word) + 1 : 0;
	size_t at = 0;

	near[0] = '\0';
	while (loaded_next(
		c->text->bytes, c->text->len, &at, &section, &is_broken)) {
		unsigned distance;

		if (given_is_name(bytes, len, section.name))
			return true;
		distance = is_word ? name_distance(word, section.name, best)
				   : best;
		if (distance < best) {
			best = distance;
			memcpy(near, section.name, sizeof(section.name));
		}
	}
	return false;
}

/* How many of the bytes name a service before the _ of a key; 0: none. */
static size_t
find_prefix(const struct check *c, const char *bytes, size_t len)
{
	struct loaded_section section;
	bool is_broken;
	size_t at = 0, longest = 0;

	while (loaded_next(
		c->text->bytes, c->text->len, &at, &section, &is_broken)) {
		size_t own = strlen(section.name);

		if (own > longest && own < len && bytes[own] == '_' &&
			given_is_name(bytes, own, section.name))
			longest = own;
	}
	return longest;
}

static void
check_variable(struct check *c, const char *pair,
	const struct given_variable *v, bool has_main)
{
	char near[NAME_CAP];
	size_t len;

	begin(c, "", pair, v->len);
	if (v->key) {
		if (has_main && strcmp(v->key, "command") == 0 &&
			given_is_name(v->name, v->name_len, GIVEN_MAIN)) {
			fmt_str(&c->f, "the command behind -- is used");
			c->warn(c->message);
		} else if (!find_name(c, v->name, v->name_len, near)) {
			fmt_str(&c->f, "there is no service '");
			fmt_bytes(&c->f, v->name, v->name_len);
			fmt_printf(&c->f, "' for key '%s'", v->key);
			put_near(c, near);
		}
		return;
	}
	len = find_prefix(c, v->name, v->name_len);
	if (len == 0) {
		fmt_str(&c->f, "neither a service nor a key is named; write "
			       "TEND_SVC_NAME_KEY=VALUE");
		c->warn(c->message);
		return;
	}
	fmt_str(&c->f, "there is no key '");
	fmt_bytes(&c->f, v->name + len + 1, v->name_len - len - 1);
	fmt_char(&c->f, '\'');
	put_near(c, nearest_key(v->name + len + 1, v->name_len - len - 1));
}

static void
check_option(struct check *c, const char *word, bool has_main)
{
	char name[NAME_CAP];
	const char *command, *problem;
	size_t len;

	if (given_split(word, name, &command, &len, &problem)) {
		if (!has_main || strcmp(name, GIVEN_MAIN) != 0)
			return;
		problem = "'main' is the command behind --; give the service "
			  "another name";
	}
	begin(c, "-S ", word, strlen(word));
	fmt_printf(&c->f, "%s; it is left out", problem);
	c->warn(c->message);
}

void
section_check_given(const struct given *given, const struct load_text *text,
	void (*warn)(const char *message))
{
	struct check c = {.text = text, .warn = warn};

	for (size_t i = 0; i < given->services; i++)
		check_option(&c, given->service[i], given->command != NULL);
	for (const char *const *at = given->environ; *at; at++) {
		struct given_variable variable;

		if (given_variable(*at, &variable))
			check_variable(
				&c, *at, &variable, given->command != NULL);
	}
}
