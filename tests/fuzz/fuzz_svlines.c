/*
 * supervisor/svlog/split.h: however the bytes are cut and however small the
 * output is, what the pieces hold is what went in, in order.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/svlog/split.h"
#include "supervisor/svlog/stamp.h"
#include "tests/fuzz/fuzz.h"

static const char stamp[] = "2026-11-23T14:31:05.123456Z";

/* What is taken out of the lines again. */
struct back {
	uint8_t *bytes;
	size_t len;
};

static void
take_back(struct back *back, const char *out, size_t len, size_t line_max)
{
	const char *end = out + len;

	while (out < end) {
		const char *newline = memchr(out, '\n', (size_t)(end - out));
		size_t text;

		REQUIRE(newline && newline - out >= SPLIT_HEAD);
		REQUIRE(memcmp(out, stamp, STAMP_LEN) == 0);
		REQUIRE(memcmp(out + STAMP_LEN, " o", 2) == 0);
		text = (size_t)(newline - out) - SPLIT_HEAD;
		REQUIRE(text <= line_max);
		memcpy(back->bytes + back->len, out + SPLIT_HEAD, text);
		back->len += text;
		if (out[SPLIT_HEAD - 1] == ' ')
			back->bytes[back->len++] = '\n';
		else
			REQUIRE(out[SPLIT_HEAD - 1] == '+');
		out = newline + 1;
	}
}

/* Feeds data in pieces of step, with room for cap bytes at a time. */
static void
check(const uint8_t *data, size_t size, struct split *split, size_t step,
	size_t cap)
{
	struct back back = {malloc(size + 1), 0};
	char *carry = malloc(split->line_max);
	size_t carry_len = 0;
	char *out = malloc(cap);

	for (size_t at = 0; at < size;) {
		size_t len = size - at < step ? size - at : step;
		char *in = fuzz_copy(data + at, len);
		struct split_text text = {carry, carry_len, in, len};
		struct split_result result;

		do {
			result = split_lines(split, &text, out, cap);
			REQUIRE(result.made <= cap);
			REQUIRE(result.made > 0 || result.taken == 0);
			REQUIRE(!result.is_full || result.made > 0);
			take_back(&back, out, result.made, split->line_max);
			if (result.made > 0)
				text.carry_len = 0;
			text.in += result.taken;
			text.in_len -= result.taken;
		} while (result.is_full);
		carry_len = text.carry_len;
		REQUIRE(carry_len + text.in_len <= split->line_max);
		memcpy(carry + carry_len, text.in, text.in_len);
		carry_len += text.in_len;
		at += len;
		free(in);
	}
	memcpy(back.bytes + back.len, carry, carry_len);
	REQUIRE(back.len + carry_len == size);
	REQUIRE(size == 0 || memcmp(back.bytes, data, size) == 0);
	free(back.bytes);
	free(carry);
	free(out);
}

/* Whatever the shape, it never writes more than it says it may. */
static void
check_shape(const uint8_t *data, size_t size, enum split_shape shape)
{
	struct split split = {shape, stamp, "web", 3, 'e', 4096, true, NULL};
	size_t most = split_most(&split, size);
	char *in = fuzz_copy(data, size);
	struct split_text text = {in, size / 2, in + size / 2, size - size / 2};
	char *out = malloc(most);
	struct split_result result;

	if (size / 2 <= split.line_max) {
		result = split_lines(&split, &text, out, most);
		REQUIRE(result.made <= most);
		for (size_t i = 0; shape == SPLIT_JSON && i < result.made; i++)
			REQUIRE((unsigned char)out[i] >= ' ' || out[i] == '\n');
	}
	free(in);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct split split = {SPLIT_FILE, stamp, "web", 3, 'o', 1, false, NULL};
	size_t most;

	split.line_max = 1 + fuzz_pick(data, size, 200);
	most = split_most(&split, split.line_max);
	check(data, size, &split, SIZE_MAX, most);
	check(data, size, &split, 1, most);
	check(data, size, &split, 1 + fuzz_pick(data, size, 61), most + 99);
	check_shape(data, size, SPLIT_FILE);
	check_shape(data, size, SPLIT_PREFIX);
	check_shape(data, size, SPLIT_JSON);
	return 0;
}
