#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fuzz_fail(const char *file, unsigned line, const char *condition)
{
	fprintf(stderr, "%s:%u: not so: %s\n", file, line, condition);
	abort();
}

void *
fuzz_copy(const void *bytes, size_t len)
{
	char *copy = malloc(len);

	REQUIRE(copy != NULL || len == 0);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *
fuzz_string(const void *bytes, size_t len)
{
	size_t used = len == 0 ? 0 : strnlen(bytes, len);
	char *copy = malloc(used + 1);

	REQUIRE(copy != NULL);
	if (used > 0)
		memcpy(copy, bytes, used);
	copy[used] = '\0';
	return copy;
}

uint32_t
fuzz_pick(const void *bytes, size_t len, uint32_t below)
{
	const uint8_t *byte = bytes;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 16777619u;
	return (hash ^ hash >> 15) % below;
}

const uint8_t *
fuzz_part(const uint8_t *data, const uint8_t *end)
{
	while (data < end && *data != '\f')
		data++;
	return data;
}
