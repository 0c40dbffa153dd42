/*
 * lib/words.h: check and split agree on every text; raw words, expanded later,
 * are those of one go; a word that is quoted means itself.
 * Input: '0' + flags (+ 4 for a context that is empty), then the text.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/load.h"
#include "lib/text.h"
#include "lib/words.h"
#include "tests/fuzz/fuzz.h"

#define MEMORY (1u << 20)

static char memory[2][MEMORY];

static const char *const env[] = {"A=1", "EMPTY=", "TWO=x  y", "BLANK= \t ",
	"QUOTED='a b' \"%n $A\\", "_9=u", NULL};
static const struct words_context contexts[2] = {{.name = "tor@my-inst-1",
							 .runtime = "/run/tend",
							 .user = "joe",
							 .home = "/home/joe",
							 .host = "box",
							 .env = env},
	{.name = NULL}};

static void
check_quoted(const char *word)
{
	struct load_text quoted = {0};
	struct def_error error;
	struct arena arena;
	const char **words;
	unsigned count;

	arena_init(&arena, memory[1], MEMORY);
	REQUIRE(text_add_quoted(&quoted, word) && text_add(&quoted, "", 1));
	REQUIRE(words_split(quoted.bytes, WORDS_VARIABLES, &contexts[0], &arena,
		&words, &count, &error));
	REQUIRE(count == 1 && strcmp(words[0], word) == 0);
	free(quoted.bytes);
}

/* words are those of text without variables and without WORDS_RAW. */
static void
check_raw(const char *text, const struct words_context *context,
	const char **words, unsigned count)
{
	struct def_error error;
	struct arena arena;
	const char **raw;
	unsigned raws;

	arena_init(&arena, memory[1], MEMORY);
	REQUIRE(words_split(
		text, WORDS_RAW, NULL, &arena, &raw, &raws, &error));
	REQUIRE(raws == count);
	for (unsigned i = 0; i < count; i++) {
		const char *word = words_expand(raw[i], context, &arena);

		REQUIRE(word != NULL && strcmp(word, words[i]) == 0);
	}
}

/* NULL for a bad specifier only, and then words_check says no as well. */
static void
check_expand(const char *text, const struct words_context *context)
{
	struct arena arena;
	const char *p = strchr(text, '%');
	const char *result;

	while (p != NULL && p[1] != '\0' && strchr("npiItuhH%", p[1]) != NULL)
		p = strchr(p + 2, '%');
	arena_init(&arena, memory[1], MEMORY);
	result = words_expand(text, context, &arena);
	REQUIRE((result != NULL) == (p == NULL));
	if (strchr(text, '%') == NULL)
		REQUIRE(result != NULL && strcmp(result, text) == 0);
	arena_init(&arena, memory[1], arena.used == 0 ? 0 : arena.used - 1);
	REQUIRE(words_expand(text, context, &arena) == NULL);
}

static void
check_split(const char *text, unsigned flags, const struct words_context *c)
{
	struct def_error checked = {.column = 0}, error = {.column = 0};
	struct arena arena;
	const char **words;
	unsigned count;
	bool is_good = words_check(text, flags, &checked);

	arena_init(&arena, memory[0], MEMORY);
	REQUIRE(is_good ==
		words_split(text, flags, c, &arena, &words, &count, &error));
	REQUIRE(is_good || (error.column == checked.column &&
				   strcmp(error.text, checked.text) == 0));
	REQUIRE(is_good || (error.column > 0 && error.text[0] != '\0' &&
				   error.column <= strlen(text) + 1));
	if (!is_good)
		return;
	REQUIRE(words[count] == NULL);
	for (unsigned i = 0; i < count; i++)
		check_quoted(words[i]);
	if (flags == 0)
		check_raw(text, c, words, count);
	arena.cap = fuzz_pick(text, strlen(text), (uint32_t)arena.used);
	arena.used = 0;
	REQUIRE(!words_split(text, flags, c, &arena, &words, NULL, &error));
	REQUIRE(strncmp(error.text, "too large", 9) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct words_context *context;
	char *text;

	if (size == 0)
		return -1;
	context = &contexts[data[0] >> 2 & 1];
	text = fuzz_string(data + 1, size - 1);
	check_split(text, data[0] & 3u, context);
	check_expand(text, context);
	REQUIRE(words_getenv(env, text, strlen(text)) == NULL ||
		(strchr(text, '=') == NULL && *text != '\0'));
	free(text);
	return 0;
}
