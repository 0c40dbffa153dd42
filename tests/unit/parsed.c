#include "tests/unit/parsed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/state.h"

char *parsed_memory;
struct arena parsed_arena;
struct def parsed_def;
char parsed_message[2048];

/* Parses one fragment and finishes; "" or the error in parsed_message. */
const char *
parsed_bytes(const char *text, size_t len)
{
	struct def_error error;
	struct fmt f;
	/* Exactly as long as it is, so that the sanitizer sees overreads. */
	char *copy = malloc(len == 0 ? 1 : len);

	memcpy(copy, text, len);
	arena_init(&parsed_arena, parsed_memory, ARENA_BYTES);
	def_init(&parsed_def);
	fmt_init(&f, parsed_message, sizeof(parsed_message));
	if (!def_apply(&parsed_def, &parsed_arena, "web", copy, len, &error) ||
		!def_finish(&parsed_def, &error))
		def_error_format(&f, &error);
	free(copy);
	return parsed_message;
}

const char *
parsed_text(const char *text)
{
	return parsed_bytes(text, strlen(text));
}

int
parsed_setup(void **state)
{
	(void)state;
	parsed_memory = malloc(ARENA_BYTES);
	return parsed_memory == NULL;
}

int
parsed_teardown(void **state)
{
	(void)state;
	free(parsed_memory);
	return 0;
}

void
parsed_check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].error);

		parsed_text(rows[i].text);
		/* What is expected is the beginning; "" means no error. */
		if (strncmp(parsed_message, rows[i].error, len) != 0 ||
			(len == 0 && parsed_message[0] != '\0'))
			fail_msg("%s\n  is   '%s'\n  want '%s'", rows[i].text,
				parsed_message, rows[i].error);
	}
}
