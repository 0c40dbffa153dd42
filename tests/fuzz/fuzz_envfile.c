/*
 * lib/envfile.h: what is read, written again in quotes, is read as the same;
 * an error is at a place of the file; memory that is short is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/envfile.h"
#include "tests/fuzz/fuzz.h"

#define MEMORY (1u << 20)

static char memory[2][MEMORY];

/* Pairs as NAME="value" lines, and how many. */
struct written {
	char text[MEMORY];
	size_t len;
	unsigned pairs;
};

static struct written written[2];

static void
write_pair(void *context, const char *pair)
{
	struct written *w = context;
	const char *value = strchr(pair, '=');

	REQUIRE(value != NULL && value > pair);
	REQUIRE(*pair < '0' || *pair > '9');
	for (const char *p = pair; p <= value; p++)
		w->text[w->len++] = *p;
	w->text[w->len++] = '"';
	for (value++; *value != '\0'; value++) {
		REQUIRE(*value != '\n' || value[-1] != '\\');
		if (strchr("\"\\$`", *value) != NULL)
			w->text[w->len++] = '\\';
		w->text[w->len++] = *value;
	}
	w->text[w->len++] = '"';
	w->text[w->len++] = '\n';
	w->pairs++;
}

static bool
parse(const char *text, size_t len, size_t cap, unsigned n, size_t *used,
	struct def_error *error)
{
	struct arena arena;
	bool is_good;

	arena_init(&arena, memory[n], cap);
	written[n].len = written[n].pairs = 0;
	is_good = envfile_parse(
		"env", text, len, &arena, write_pair, &written[n], error);
	*used = arena.used;
	return is_good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct def_error error;
	size_t used, again;

	if (!parse(text, size, MEMORY, 0, &used, &error)) {
		const char *line = text;

		REQUIRE(error.text[0] != '\0' && error.line > 0);
		for (unsigned i = 1; i < error.line; i++) {
			line = memchr(line, '\n', size - (size_t)(line - text));
			REQUIRE(line++ != NULL);
		}
		REQUIRE(error.column > 0 &&
			line + error.column <= text + size + 1);
	}
	/* All pairs before an error too. */
	REQUIRE(parse(
		written[0].text, written[0].len, MEMORY, 1, &again, &error));
	REQUIRE(written[1].pairs == written[0].pairs);
	REQUIRE(written[1].len == written[0].len);
	REQUIRE(memcmp(written[0].text, written[1].text, written[0].len) == 0);
	if (used > 0) {
		again = fuzz_pick(data, size, (uint32_t)used);
		REQUIRE(!parse(text, size, again, 1, &again, &error));
		REQUIRE(error.text[0] != '\0');
	}
	free(text);
	return 0;
}
