/* What the command line and the environment say, as the last fragments. */
#include <string.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/given.h"
#include "lib/loaded.h"
#include "lib/scan.h"
#include "lib/section.h"
#include "lib/text.h"

#define OF_OPTION   "-S "
#define ON_LINE	    " on the command line"
#define LABEL_CAP   192
#define OF_COMMAND  "-- on the command line"
#define OF_VARIABLE " in the environment"

/* Of the command behind --, for people: what is run is not this text. */
#define SHOWN_MAX 4096

static bool
add(struct section_builder *b, const char *label, const struct load_text *text)
{
	if (!text_add_fragment(
		    &b->fragments, '+', label, text->bytes, text->len))
		b->is_out_of_memory = true;
	return true;
}

static bool
add_problem(struct section_builder *b, const char *label, const char *problem)
{
	struct fmt f;

	fmt_init(&f, b->problem, sizeof(b->problem));
	fmt_printf(&f, "%s: %s", label, problem);
	return section_problem(b, label, b->problem);
}

/* key = value, value of that many bytes. */
static bool
add_line(struct section_builder *b, const char *label, const char *key,
	const char *value, size_t len)
{
	struct load_text text = {0};

	if (memchr(value, '\n', len) || memchr(value, '\r', len))
		return add_problem(b, label,
			"a value is one line; put what needs more into a "
			"script");
	if (!text_add_str(&text, key) || !text_add_str(&text, " = ") ||
		!text_add(&text, value, len) || !text_add_str(&text, "\n"))
		b->is_out_of_memory = true;
	add(b, label, &text);
	text_free(&text);
	return true;
}

static bool
add_option(
	struct section_builder *b, const struct given *given, const char *name)
{
	char own[NAME_CAP];
	const char *command, *problem;
	size_t len;
	unsigned count;
	const char *word = given_find(given, name, &count);
	char label[LABEL_CAP];
	struct fmt f;

	if (!word)
		return true;
	fmt_init(&f, label, sizeof(label));
	fmt_printf(&f, "%s%s%s", OF_OPTION, name, ON_LINE);
	if (count > 1)
		return add_problem(
			b, label, "it is given twice; keep one of the two");
	if (!given_split(word, own, &command, &len, &problem))
		return add_problem(b, label, problem);
	if (len == 0)
		return add_problem(
			b, label, "there is no command behind the =");
	return add_line(b, label, "command", command, len);
}

/* A word of it, so that no prefix of a command and no newline is read. */
static bool
show_word(struct load_text *text, const char *word)
{
	bool is_done = text_add_str(text, " '");

	for (; *word; word++)
		is_done = is_done &&
			  (*word == '\'' ? text_add_str(text, "'\\''")
				  : (unsigned char)*word < ' ' || *word == 0x7f
					  ? text_add_str(text, " ")
					  : text_add(text, word, 1));
	return is_done && text_add_str(text, "'");
}

/* It has the terminal and the output of its own, and is the container. */
static bool
add_command(struct section_builder *b, const char *const *command)
{
	struct load_text text = {0};
	bool is_done = text_add_str(&text, "command =");

	for (; *command && is_done; command++) {
		if (text.len + strlen(*command) > SHOWN_MAX) {
			is_done = text_add_str(&text, " '...'");
			break;
		}
		is_done = show_word(&text, *command);
	}
	if (!is_done || !text_add_str(&text, "\nessential = yes\n"
					     "restart = never\nlog = none\n"))
		b->is_out_of_memory = true;
	add(b, OF_COMMAND, &text);
	text_free(&text);
	return true;
}

static bool
add_variable(struct section_builder *b, const char *pair,
	const struct given_variable *variable)
{
	char label[LABEL_CAP];
	struct fmt f;

	fmt_init(&f, label, sizeof(label) - sizeof(OF_VARIABLE));
	fmt_bytes(&f, pair, variable->len);
	f.cap = sizeof(label);
	fmt_str(&f, OF_VARIABLE);
	return add_line(b, label, variable->key, variable->value,
		strlen(variable->value));
}

static bool
has_ends(const char *file, const char *first, const char *last)
{
	size_t len = strlen(file), end = strlen(last);

	return strncmp(file, first, strlen(first)) == 0 && len > end &&
	       strcmp(file + len - end, last) == 0;
}

bool
section_is_given(const char *file)
{
	return strcmp(file, OF_COMMAND) == 0 ||
	       has_ends(file, OF_OPTION, ON_LINE) ||
	       has_ends(file, GIVEN_PREFIX, OF_VARIABLE);
}

bool
section_add_given(struct section_builder *b, const char *name)
{
	const struct given *given = b->scan->load->given;
	bool is_main;

	if (!given)
		return true;
	is_main = given->command && strcmp(name, GIVEN_MAIN) == 0;
	if (is_main ? !add_command(b, given->command)
		    : !add_option(b, given, name))
		return false;
	for (const char *const *at = given->environ; *at; at++) {
		struct given_variable variable;

		if (!given_variable(*at, &variable) || !variable.key ||
			!given_is_name(variable.name, variable.name_len, name))
			continue;
		if (is_main && strcmp(variable.key, "command") == 0)
			continue;
		if (!add_variable(b, *at, &variable))
			return false;
	}
	return true;
}
