/*
 * What the parts of spec share while one is being built.
 */
#ifndef SUPERVISOR_SPEC_PRIVATE_H
#define SUPERVISOR_SPEC_PRIVATE_H

#include "lib/reason.h"
#include "lib/words.h"
#include "supervisor/spec.h"

struct spec_builder {
	struct spec *spec;
	struct arena *arena;
	struct words_context words;
	const char *user; /* NULL: the supervisor's own */
	const char *home;
	const char *shell;
	bool is_hook; /* beside the main process, which has the terminal */
	bool is_privileged; /* without user, limits and sandbox */
	int32_t *error;
	char *text;
	size_t text_cap;
	enum spec_result result; /* the first thing that went wrong */
};

/* Records the first failure; error 0: text alone says what is wrong. */
void spec_fail(struct spec_builder *b, enum spawn_step step, int error,
	const char *format, const char *object);

/* NULL when the arena is full: the next steps see b->result. */
void *spec_get(struct spec_builder *b, size_t size);

/* Paths with specifiers; NULL for NULL, or when the arena is full. */
const char *spec_expand(struct spec_builder *b, const char *text);

/* User and groups; spec_user.c. */
void spec_find_user(struct spec_builder *b, const struct def *def);

/* What the child must not do in memory that it shares; spec_limits.c. */
bool
spec_is_own_memory(const struct def *def, const struct spec_context *context);
void spec_find_limits(struct spec_builder *b, const struct def *def,
	const struct spec_context *context);

#endif
