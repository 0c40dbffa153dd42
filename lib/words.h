/*
 * Commands are split like a shell's words without running one: '...' expands
 * nothing, "..." and \ as in sh; an unquoted word that is exactly $VAR splits
 * on blanks and vanishes when empty; ${VAR}, "$VAR", ${VAR:-word} are one
 * word; $$ is a dollar; %n %p %i %I %t %u %h %H %% are specifiers. Unquoted
 * ; | & > < ( ) ` are errors. Pure.
 */
#ifndef LIB_WORDS_H
#define LIB_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct def_error;

/* What words expand with. Any member may be NULL: then it expands to "". */
struct words_context {
	const char *name;	/* %n; %p %i %I are cut from it */
	const char *runtime;	/* %t */
	const char *user;	/* %u */
	const char *home;	/* %h */
	const char *host;	/* %H */
	const char *const *env; /* NAME=value, NULL-terminated; for $VAR */
};

/* WORDS_VARIABLES: $ expands. Without it $ is an ordinary character. */
#define WORDS_VARIABLES 1u
/* WORDS_RAW: specifiers stay, for words_expand; a literal % becomes %%. */
#define WORDS_RAW 2u

/*
 * Checks text without expanding it. On false fills in error->column (from 1,
 * within text) and error->text.
 */
bool words_check(const char *text, unsigned flags, struct def_error *error);

/*
 * Splits and expands text into a NULL-terminated vector in arena. *count may
 * be NULL. False: bad text, or the arena is full (error->text says which).
 */
bool words_split(const char *text, unsigned flags,
	const struct words_context *context, struct arena *arena,
	const char ***words, unsigned *count, struct def_error *error);

/*
 * The text with its specifiers expanded and nothing else done to it, in arena.
 * NULL: a bad specifier, or the arena is full.
 */
const char *words_expand(const char *text, const struct words_context *context,
	struct arena *arena);

/* The value of NAME in a NULL-terminated NAME=value vector, or NULL. */
const char *words_getenv(const char *const *env, const char *name, size_t len);

#endif
