#include "lib/words.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"

/*
 * One pass over the text. The first counts, the second, with out and words
 * set, writes: so the result is one block of the arena and no buffer grows.
 */
struct scan {
	const char *text;
	size_t at;
	unsigned flags;
	const struct words_context *context; /* NULL: only check */
	struct def_error *error;
	char *out;	    /* NULL while counting */
	size_t bytes;	    /* written so far, NULs included */
	size_t word;	    /* where the current word began */
	const char **words; /* NULL while counting */
	unsigned count;
};

static const char no_text[] = "";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static size_t
name_len(const char *text)
{
	size_t len = 0;

	if (!is_name_start(text[0]))
		return 0;
	while (is_name_start(text[len]) ||
		(text[len] >= '0' && text[len] <= '9'))
		len++;
	return len;
}

const char *
words_getenv(const char *const *env, const char *name, size_t len)
{
	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static void
put(struct scan *s, char c)
{
	if (s->out != NULL)
		s->out[s->bytes] = c;
	s->bytes++;
}

static void
put_text(struct scan *s, const char *text, size_t len)
{
	for (; len > 0 && *text != '\0'; len--)
		put(s, *text++);
}

/* A byte of the text that stands for itself. */
static void
put_literal(struct scan *s, char c)
{
	if (c == '%' && (s->flags & WORDS_RAW) != 0)
		put(s, '%');
	put(s, c);
}

static void
end_word(struct scan *s)
{
	put(s, '\0');
	if (s->words != NULL)
		s->words[s->count] = s->out + s->word;
	s->count++;
	s->word = s->bytes;
}

/* %i with - as /, byte by byte. */
static void
put_instance(struct scan *s, const char *name, bool is_path)
{
	const char *instance = strchr(name, '@');

	if (instance == NULL)
		return;
	for (instance++; *instance != '\0'; instance++)
		put(s, is_path && *instance == '-' ? '/' : *instance);
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? no_text : text;
}

static void
put_specifier(struct scan *s, char letter)
{
	const struct words_context *c = s->context;
	const char *name;

	if (c == NULL)
		return;
	name = or_empty(c->name);
	switch (letter) {
	case 'n':
		put_text(s, name, strlen(name));
		break;
	case 'p':
		put_text(s, name, strcspn(name, "@"));
		break;
	case 'i':
	case 'I':
		put_instance(s, name, letter == 'I');
		break;
	case 't':
		put_text(s, or_empty(c->runtime), strlen(or_empty(c->runtime)));
		break;
	case 'u':
		put_text(s, or_empty(c->user), strlen(or_empty(c->user)));
		break;
	case 'h':
		put_text(s, or_empty(c->home), strlen(or_empty(c->home)));
		break;
	case 'H':
		put_text(s, or_empty(c->host), strlen(or_empty(c->host)));
		break;
	default:
		put(s, '%');
		break;
	}
}

static bool
fail(struct scan *s, size_t at)
{
	s->error->column = (unsigned)at + 1;
	return false;
}

static bool
scan_specifier(struct scan *s)
{
	char letter = s->text[s->at + 1];

	if (letter == '\0' || strchr("npiItuhH%", letter) == NULL) {
		if (letter > ' ' && letter < 0x7f)
			def_error_text(s->error,
				"%%%c means nothing; write %%%%%c for a "
				"percent sign (or one of %%n %%p %%i %%I %%t "
				"%%u %%h %%H)",
				letter, letter);
		else
			def_error_text(s->error,
				"%% alone means nothing; write %%%% for a "
				"percent sign");
		return fail(s, s->at);
	}
	if ((s->flags & WORDS_RAW) != 0)
		put_text(s, s->text + s->at, 2);
	else
		put_specifier(s, letter);
	s->at += 2;
	return true;
}

/* The value of a variable; "" when it is unset or only a check is done. */
static const char *
lookup(const struct scan *s, const char *name, size_t len)
{
	if (s->context == NULL)
		return no_text;
	return or_empty(words_getenv(s->context->env, name, len));
}

/* What stands after ${NAME, up to the brace: nothing, or :-WORD. */
static bool
scan_default(struct scan *s, bool is_used)
{
	const char *text = s->text;
	char *out = s->out;
	size_t bytes = s->bytes;

	/* A default that is not used is only checked. */
	if (!is_used)
		s->out = NULL;
	for (s->at += 2; text[s->at] != '}'; s->at++) {
		char c = text[s->at];

		if (c == '\0' || strchr("$'\"\\`{", c) != NULL) {
			def_error_text(s->error,
				c == '\0' ? "${ is not closed; add }"
					  : "the word after :- takes neither "
					    "quotes nor $ nor \\");
			return fail(s, s->at);
		}
		if (c == '%') {
			if (!scan_specifier(s))
				return false;
			s->at--;
		} else {
			put(s, c);
		}
	}
	s->at++;
	if (!is_used) {
		s->out = out;
		s->bytes = bytes;
	}
	return true;
}

/* ${NAME} and ${NAME:-WORD}, at the dollar. */
static bool
scan_braces(struct scan *s)
{
	size_t begin = s->at;
	const char *name = s->text + begin + 2;
	size_t len = name_len(name);
	const char *value;

	s->at += 2 + len;
	if (len > 0 && s->text[s->at] == '}') {
		value = lookup(s, name, len);
		put_text(s, value, strlen(value));
		s->at++;
		return true;
	}
	if (len > 0 && s->text[s->at] == ':' && s->text[s->at + 1] == '-') {
		value = lookup(s, name, len);
		put_text(s, value, strlen(value));
		return scan_default(s, *value == '\0');
	}
	if (len > 0 && s->text[s->at] == '\0')
		def_error_text(s->error, "${ is not closed; add }");
	else
		def_error_text(s->error, "only ${NAME} and ${NAME:-WORD} are "
					 "known; use sh -c for more");
	return fail(s, begin);
}

static bool
scan_variable(struct scan *s)
{
	const char *text = s->text + s->at;
	size_t len;
	const char *value;

	if (text[1] == '$') {
		put(s, '$');
		s->at += 2;
		return true;
	}
	if (text[1] == '{')
		return scan_braces(s);
	len = name_len(text + 1);
	if (len == 0) {
		def_error_text(s->error,
			text[1] == '('
				? "'$(': no shell here; quote it or use sh -c"
				: "'$' without a name; write $$ for a dollar");
		return fail(s, s->at);
	}
	value = lookup(s, text + 1, len);
	put_text(s, value, strlen(value));
	s->at += 1 + len;
	return true;
}

/* A word that is exactly $NAME: each part of its value is a word. */
static bool
scan_split(struct scan *s)
{
	const char *text = s->text + s->at;
	size_t len = text[0] == '$' ? name_len(text + 1) : 0;
	const char *value;

	if ((s->flags & WORDS_VARIABLES) == 0 || len == 0 ||
		(text[1 + len] != '\0' && !is_blank(text[1 + len])))
		return false;
	value = lookup(s, text + 1, len);
	while (*value != '\0') {
		if (is_blank(*value)) {
			value++;
			continue;
		}
		while (*value != '\0' && !is_blank(*value))
			put(s, *value++);
		end_word(s);
	}
	s->at += 1 + len;
	return true;
}

static bool
scan_single(struct scan *s)
{
	size_t begin = s->at;

	for (s->at++; s->text[s->at] != '\''; s->at++) {
		if (s->text[s->at] == '\0') {
			def_error_text(s->error,
				"the ' here is not closed; write \\' for an "
				"apostrophe");
			return fail(s, begin);
		}
		put_literal(s, s->text[s->at]);
	}
	s->at++;
	return true;
}

static bool
scan_double(struct scan *s)
{
	size_t begin = s->at;

	for (s->at++; s->text[s->at] != '"';) {
		char c = s->text[s->at];

		if (c == '\0') {
			def_error_text(s->error, "the \" here is not closed");
			return fail(s, begin);
		}
		if (c == '$' && (s->flags & WORDS_VARIABLES) != 0) {
			if (!scan_variable(s))
				return false;
			continue;
		}
		if (c == '%') {
			if (!scan_specifier(s))
				return false;
			continue;
		}
		if (c == '\\' && s->text[s->at + 1] != '\0' &&
			strchr("\"\\$`%", s->text[s->at + 1]) != NULL)
			c = s->text[++s->at];
		put_literal(s, c);
		s->at++;
	}
	s->at++;
	return true;
}

static bool
scan_escape(struct scan *s)
{
	if (s->text[s->at + 1] == '\0') {
		def_error_text(s->error,
			"a \\ with nothing after it; write \\\\ for one, or "
			"end the line right after it to continue");
		return fail(s, s->at);
	}
	put_literal(s, s->text[s->at + 1]);
	s->at += 2;
	return true;
}

static bool
scan_piece(struct scan *s)
{
	char c = s->text[s->at];

	if (c == '\'')
		return scan_single(s);
	if (c == '"')
		return scan_double(s);
	if (c == '\\')
		return scan_escape(s);
	if (c == '%')
		return scan_specifier(s);
	if (c == '$' && (s->flags & WORDS_VARIABLES) != 0)
		return scan_variable(s);
	if (strchr(";|&><()`", c) != NULL) {
		if ((s->flags & WORDS_VARIABLES) != 0)
			def_error_text(s->error,
				"'%c': no shell here; quote it or use sh -c",
				c);
		else
			def_error_text(s->error, "a bare '%c'; quote it", c);
		return fail(s, s->at);
	}
	put(s, c);
	s->at++;
	return true;
}

static bool
scan_words(struct scan *s)
{
	while (true) {
		while (is_blank(s->text[s->at]))
			s->at++;
		if (s->text[s->at] == '\0')
			return true;
		if (scan_split(s))
			continue;
		while (s->text[s->at] != '\0' && !is_blank(s->text[s->at]))
			if (!scan_piece(s))
				return false;
		end_word(s);
	}
}

bool
words_check(const char *text, unsigned flags, struct def_error *error)
{
	struct scan s = {.text = text, .flags = flags, .error = error};

	return scan_words(&s);
}

static bool
too_large(struct def_error *error)
{
	error->column = 0;
	def_error_text(error, "too large: its words need more memory than is "
			      "set aside for them");
	return false;
}

bool
words_split(const char *text, unsigned flags,
	const struct words_context *context, struct arena *arena,
	const char ***words, unsigned *count, struct def_error *error)
{
	static const struct words_context nothing;
	struct scan s = {
		.text = text,
		.flags = flags,
		.context = context != NULL ? context : &nothing,
		.error = error,
	};
	bool is_good;

	if (!scan_words(&s))
		return false;
	*words = arena_alloc(arena, ((size_t)s.count + 1) * sizeof(**words));
	if (*words == NULL)
		return too_large(error);
	s.words = *words;
	s.out = arena_alloc(arena, s.bytes + 1);
	if (s.out == NULL)
		return too_large(error);
	s.at = s.bytes = s.word = 0;
	s.count = 0;
	is_good = scan_words(&s);
	s.words[s.count] = NULL;
	if (count != NULL)
		*count = s.count;
	return is_good;
}

static bool
scan_text(struct scan *s)
{
	while (s->text[s->at] != '\0') {
		if (s->text[s->at] != '%')
			put(s, s->text[s->at++]);
		else if (!scan_specifier(s))
			return false;
	}
	put(s, '\0');
	return true;
}

const char *
words_expand(const char *text, const struct words_context *context,
	struct arena *arena)
{
	struct def_error error;
	struct scan s = {.text = text, .context = context, .error = &error};

	if (!scan_text(&s))
		return NULL;
	s.out = arena_alloc(arena, s.bytes);
	if (s.out == NULL)
		return NULL;
	s.at = s.bytes = 0;
	return scan_text(&s) ? s.out : NULL;
}
