/*
 * Mistakes in definitions, found without running anything.
 */
#ifndef SVCTL_LINT_H
#define SVCTL_LINT_H

#include <stdbool.h>

struct load_text;
struct svctl;

struct lint_result {
	unsigned services;
	unsigned errors;
	unsigned warnings;
};

/*
 * Says each mistake in text on stderr, or only those of the service `only`
 * (NULL: all). with_warnings: also what is no error but looks like one.
 */
void lint_text(struct svctl *s, const struct load_text *text, const char *only,
	bool with_warnings, struct lint_result *result);

#endif
