#include "lib/control.h"

#include <string.h>

#include "lib/fmt.h"
#include "lib/name.h"
#include "lib/signame.h"

enum verb_names {
	NAMES_NONE = 0,
	NAMES_SOME = 1,
	NAMES_SIGNAL = 2
};

static const struct {
	const char *word;
	enum verb_names names;
} verbs[CONTROL_VERBS] = {
#define VERB(symbol, word, names, meaning)                                     \
	[CONTROL_##symbol] = {word, (enum verb_names)(names)},
#include "lib/control.def"
#undef VERB
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A CR may be stored: it is broken unless the newline follows at once. */
static bool
may_follow(const struct control_reader *r, char c)
{
	unsigned char byte = (unsigned char)c;

	if (r->len && r->line[r->len - 1] == '\r')
		return false;
	return (byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\r';
}

/* At a newline: true if there is a word in the line. */
static bool
end_line(struct control_reader *r)
{
	bool has_word = false;

	if (r->len && r->line[r->len - 1] == '\r')
		r->len--;
	r->line[r->len] = '\0';
	for (size_t i = 0; i < r->len && !has_word; i++)
		has_word = !is_blank(r->line[i]);
	r->len = 0;
	return has_word;
}

size_t
control_read(
	struct control_reader *r, const char *bytes, size_t len, bool *has_line)
{
	*has_line = false;
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];

		if (c == '\n' && r->is_skipping) {
			r->is_skipping = false;
			r->len = 0;
		} else if (c == '\n') {
			*has_line = end_line(r);
			if (*has_line)
				return i + 1;
		} else if (r->is_skipping) {
			continue;
		} else if (r->len == CONTROL_LINE_MAX - 1 ||
			   !may_follow(r, c)) {
			r->is_skipping = true;
			r->dropped++;
		} else {
			r->line[r->len++] = c;
		}
	}
	return len;
}

/* Cuts the next word off *at; NULL if there is none. */
static char *
next_word(char **at)
{
	char *word = *at;

	while (is_blank(*word))
		word++;
	if (!*word)
		return NULL;
	*at = word;
	while (**at && !is_blank(**at))
		(*at)++;
	if (**at)
		*(*at)++ = '\0';
	return word;
}

static bool
parse_token(const char *word, uint64_t *token)
{
	uint64_t n = 0;

	if (strlen(word) != 16)
		return false;
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20u) - 'a' + 10;
		else
			return false;
		n = n << 4 | digit;
	}
	*token = n;
	return true;
}

static enum control_error
parse_names(char **at, enum verb_names names, struct control_request *out)
{
	char *word;

	while ((word = next_word(at))) {
		out->bad_arg = word;
		if (names == NAMES_NONE || out->argc == CONTROL_ARGS_MAX)
			return CONTROL_BAD_ARGS;
		if (!name_is_valid(word, strlen(word)))
			return CONTROL_BAD_NAME;
		out->argv[out->argc++] = word;
		out->bad_arg = NULL;
	}
	if (names != NAMES_NONE && !out->argc)
		return CONTROL_BAD_ARGS;
	return CONTROL_OK;
}

enum control_error
control_parse(char *line, struct control_request *out)
{
	char *at = line;
	char *word = next_word(&at);

	memset(out, 0, sizeof(*out));
	if (word && *word == '@') {
		if (!parse_token(word + 1, &out->token)) {
			out->bad_arg = word;
			return CONTROL_BAD_TOKEN;
		}
		word = next_word(&at);
	}
	out->bad_arg = word;
	out->verb = word ? control_verb_find(word) : CONTROL_NONE;
	if (out->verb == CONTROL_NONE)
		return CONTROL_BAD_VERB;
	out->bad_arg = NULL;
	if (verbs[out->verb].names == NAMES_SIGNAL) {
		word = next_word(&at);
		if (!word)
			return CONTROL_BAD_ARGS;
		out->signal = signame_parse(word);
		if (out->signal <= 0) {
			out->bad_arg = word;
			return CONTROL_BAD_SIGNAL;
		}
	}
	return parse_names(&at, verbs[out->verb].names, out);
}

const char *
control_error_text(enum control_error error)
{
	switch (error) {
	case CONTROL_OK:
		return "accepted";
	case CONTROL_BAD_TOKEN:
		return "a token is @ and 16 hex digits";
	case CONTROL_BAD_VERB:
		return "unknown verb";
	case CONTROL_BAD_ARGS:
		return "too few or too many arguments";
	case CONTROL_BAD_SIGNAL:
		return "no such signal";
	case CONTROL_BAD_NAME:
		return "not a service name";
	}
	return "unknown error";
}

const char *
control_verb_name(enum control_verb verb)
{
	if (verb <= CONTROL_NONE || verb >= CONTROL_VERBS)
		return "?";
	return verbs[verb].word;
}

enum control_verb
control_verb_find(const char *word)
{
	for (unsigned i = CONTROL_NONE + 1; i < CONTROL_VERBS; i++) {
		if (!strcmp(word, verbs[i].word))
			return (enum control_verb)i;
	}
	return CONTROL_NONE;
}

size_t
control_format(char *out, size_t cap, uint64_t token, enum control_verb verb,
	int signal, const char *name)
{
	struct fmt f;
	char buf[16];

	if (!cap)
		return 0;
	fmt_init(&f, out, cap);
	fmt_str(&f, "\n@");
	fmt_hex(&f, token, 16);
	fmt_char(&f, ' ');
	fmt_str(&f, control_verb_name(verb));
	if (signal > 0) {
		fmt_char(&f, ' ');
		fmt_str(&f, signame_get(signal, buf));
	}
	if (name) {
		fmt_char(&f, ' ');
		fmt_str(&f, name);
	}
	fmt_char(&f, '\n');
	return f.is_cut || f.len > CONTROL_LINE_MAX ? 0 : f.len;
}
