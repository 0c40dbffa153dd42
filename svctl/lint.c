#include "svctl/lint.h"

#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/lint_private.h"
#include "svctl/svctl.h"

#define NOTE_CAP 4096

/* "FILE:LINE:COLUMN: warning: what" */
static void
note(const char *kind, const struct def_error *where, const char *text)
{
	struct def_error place = *where;
	char line[NOTE_CAP];
	struct fmt f;

	place.text[0] = '\0';
	fmt_init(&f, line, sizeof(line));
	def_error_format(&f, &place);
	fmt_str(&f, kind);
	fmt_str(&f, text);
	out_note(line);
}

void
lint_say(struct lint *lint, const struct lint_item *item, bool is_error,
	const struct def_error *where, const char *text)
{
	if (lint->only && strcmp(lint->only, item->section.name) != 0)
		return;
	if (is_error) {
		lint->result->errors++;
		note("", where, text);
	} else if (lint->with_warnings) {
		lint->result->warnings++;
		note("warning: ", where, text);
	}
}

uint32_t
lint_find(const struct lint *lint, const char *name)
{
	uint32_t low = 0, high = lint->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(name, lint->item[middle].section.name);

		if (!order)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return lint_find_alias(lint, name);
}

static unsigned
count_sections(const struct load_text *text)
{
	struct loaded_section section;
	unsigned count = 0;
	bool is_broken;
	size_t at = 0;

	while (loaded_next(text->bytes, text->len, &at, &section, &is_broken))
		count++;
	return count;
}

static void
parse_all(struct lint *lint)
{
	bool is_broken;
	size_t at = 0;

	for (unsigned i = 0; i < lint->count; i++) {
		struct lint_item *item = &lint->item[i];
		struct def_error error;

		if (!loaded_next(lint->text->bytes, lint->text->len, &at,
			    &item->section, &is_broken))
			break;
		if (item->section.enabled == ENABLED_MASKED)
			continue;
		item->is_good = defs_parse(
			&item->section, &item->def, &item->memory, &error);
		if (!item->is_good)
			lint_say(lint, item, true, &error, error.text);
	}
}

void
lint_text(struct svctl *s, const struct load_text *text, const char *only,
	bool with_warnings, struct lint_result *result)
{
	struct lint lint = {.s = s,
		.text = text,
		.only = only,
		.with_warnings = with_warnings,
		.result = result};

	memset(result, 0, sizeof(*result));
	lint.count = count_sections(text);
	lint.item = calloc(lint.count + 1, sizeof(*lint.item));
	if (!lint.item) {
		out_error(NULL, "out of memory");
		result->errors++;
		return;
	}
	parse_all(&lint);
	lint_provides(&lint);
	for (unsigned i = 0; i < lint.count; i++) {
		if (!lint.item[i].is_good)
			continue;
		lint_names(&lint, &lint.item[i]);
		lint_log(&lint, i);
		if (with_warnings)
			lint_programs(&lint, &lint.item[i]);
	}
	lint_cycles(&lint);
	result->services = lint.count;
	for (unsigned i = 0; i < lint.count; i++)
		free(lint.item[i].memory);
	free(lint.alias);
	free(lint.item);
}
