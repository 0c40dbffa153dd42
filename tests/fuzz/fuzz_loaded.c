/*
 * lib/loaded.h: any text; and what lib/text.h writes is read as it was. Input
 * with form feeds is texts for fragments, their first byte the kind.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/state.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

static _Alignas(16) char memory[1u << 20];

static void
check_parse(const struct loaded_section *section)
{
	struct loaded_fragment part, source;
	struct def_error error;
	struct arena arena;
	struct def def;
	bool is_broken, is_good, is_plain = true, has_nul = false;
	size_t at = 0;

	while (loaded_fragment_next(
		section->bytes, section->len, &at, &part, &is_broken)) {
		REQUIRE(part.text >= section->bytes);
		REQUIRE(part.text + part.len == section->bytes + at);
		is_plain = is_plain && part.kind == '+';
		has_nul |= memchr(part.file, '\0', part.file_len) != NULL;
	}
	REQUIRE(at == section->len || is_broken);
	arena_init(&arena, memory, sizeof(memory));
	is_good = loaded_parse(
		section->bytes, section->len, &arena, &def, &error);
	REQUIRE(!is_good || (is_plain && !is_broken));
	REQUIRE(is_good || error.text[0] != '\0');
	at = loaded_source(section->bytes, section->len, &source);
	if (is_good && at != 0 && !has_nul)
		REQUIRE(strlen(def.source) == source.file_len &&
			memcmp(def.source, source.file, source.file_len) == 0);
	if (arena.used == 0)
		return;
	arena_init(&arena, memory,
		fuzz_pick(section->bytes, section->len, (uint32_t)arena.used));
	REQUIRE(!loaded_parse(
		section->bytes, section->len, &arena, &def, &error));
}

static void
check_text(const char *bytes, size_t len)
{
	struct loaded_section section;
	bool is_broken;
	size_t at = 0, last = 0;

	while (loaded_next(bytes, len, &at, &section, &is_broken)) {
		REQUIRE(name_is_valid(section.name, strlen(section.name)));
		REQUIRE(section.enabled < SVC_ENABLEDS && at > last);
		REQUIRE(section.bytes > bytes + last);
		REQUIRE(section.bytes + section.len == bytes + at);
		last = at;
		check_parse(&section);
	}
	REQUIRE(is_broken || at >= len);
}

static void
check_written(const uint8_t *data, const uint8_t *end)
{
	struct load_text text = {0};
	struct loaded_section section = {.enabled = 0};
	struct loaded_fragment part;
	bool is_broken;
	size_t at = 0;

	for (const uint8_t *p = data; p < end; p = fuzz_part(p, end) + 1)
		REQUIRE(text_add_fragment(&text, "+!~"[*p % 3], "a b/c d",
			(const char *)p, (size_t)(fuzz_part(p, end) - p)));
	for (const uint8_t *p = data; p < end; p = fuzz_part(p, end) + 1) {
		size_t len = (size_t)(fuzz_part(p, end) - p);

		REQUIRE(loaded_fragment_next(
			text.bytes, text.len, &at, &part, &is_broken));
		REQUIRE(part.kind == "+!~"[*p % 3] && part.file_len == 7);
		REQUIRE(memcmp(part.file, "a b/c d", 7) == 0);
		REQUIRE(part.len == len || part.len == len + 1);
		REQUIRE(memcmp(part.text, p, len) == 0);
	}
	REQUIRE(at == text.len);
	section.bytes = text.bytes;
	section.len = text.len;
	check_parse(&section);
	free(text.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);

	check_text(bytes, size);
	if (fuzz_part(data, data + size) < data + size)
		check_written(data, data + size);
	free(bytes);
	return 0;
}
