/*
 * svctl/logline.h: lines of logs with any bytes, what a terminal gets of them
 * and what becomes JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "svctl/logline.h"
#include "svctl/when.h"
#include "tests/fuzz/fuzz.h"

static void
check_line(const char *bytes, size_t len)
{
	struct logline line;

	logline_parse(&line, bytes, len);
	REQUIRE(line.bytes == bytes && line.len == len);
	REQUIRE(line.text >= bytes && line.text + line.text_len == bytes + len);
	REQUIRE((line.us == WHEN_NONE) == (line.text == bytes));
	REQUIRE(line.stream == 'o' || line.stream == 'e' || line.stream == '-');
}

/* Shown twice it looks the same: nothing is left to be made safe. */
static void
check_safe(const char *bytes, size_t len)
{
	size_t cap = len * LOGLINE_SAFE + 1;
	char *once = malloc(cap), *twice = malloc(cap * LOGLINE_SAFE);
	struct fmt f, g;

	REQUIRE(once && twice);
	fmt_init(&f, once, cap);
	logline_put_safe(&f, bytes, len);
	REQUIRE(!f.is_cut && f.len >= len);
	for (size_t i = 0; i < f.len; i++)
		REQUIRE(((unsigned char)once[i] >= 0x20 && once[i] != 0x7f) ||
			once[i] == '\t');
	fmt_init(&g, twice, cap * LOGLINE_SAFE);
	logline_put_safe(&g, once, f.len);
	REQUIRE(g.len == f.len && !memcmp(once, twice, f.len));
	free(once);
	free(twice);
}

static void
check_json(const char *bytes, size_t len)
{
	size_t cap = len * LOGLINE_JSON + 3;
	char *text = malloc(cap);
	struct fmt f;

	REQUIRE(text);
	fmt_init(&f, text, cap);
	logline_put_json(&f, bytes, len);
	REQUIRE(!f.is_cut && f.len >= len + 2);
	REQUIRE(text[0] == '"' && text[f.len - 1] == '"');
	for (size_t i = 1; i < f.len - 1; i++) {
		REQUIRE((unsigned char)text[i] >= 0x20 && text[i] != '"');
		if (text[i] != '\\')
			continue;
		i++;
		REQUIRE(i < f.len - 1 && strchr("u\"\\", text[i]));
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);

	check_line(bytes, size);
	check_safe(bytes, size);
	check_json(bytes, size);
	(void)logline_is_packed(bytes, size);
	free(bytes);
	return 0;
}
