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
	return GRAPH_NONE;
}

static void
say_unknown(struct lint *lint, const struct lint_item *item, const char *key,
	const char *name, bool is_error)
{
	struct def_error where;
	char near[NAME_CAP];
	struct fmt f;

	defs_locate(&item->section, key, name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "%s: no service '%s'", key, name);
	if (defs_nearest(lint->text, name, near))
		fmt_printf(&f, "; did you mean '%s'?", near);
	else
		fmt_str(&f, is_error ? "; define it, or use wants"
				     : "; it is left out");
	lint_say(lint, item, is_error, &where, where.text);
}

static void
say_masked(struct lint *lint, const struct lint_item *item, const char *name)
{
	struct def_error where;
	struct fmt f;

	defs_locate(&item->section, "requires", name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "requires: '%s' is masked, so '%s' cannot start", name,
		item->section.name);
	lint_say(lint, item, false, &where, where.text);
}

static void
check_names(struct lint *lint, const struct lint_item *item)
{
	const struct def *def = &item->def;

	for (unsigned i = 0; i < def->requires.len; i++) {
		const char *name = def->requires.item[i];
		uint32_t n = lint_find(lint, name);

		if (n == GRAPH_NONE)
			say_unknown(lint, item, "requires", name, true);
		else if (lint->item[n].section.enabled == ENABLED_MASKED)
			say_masked(lint, item, name);
	}
	for (unsigned i = 0; i < def->wants.len; i++) {
		if (lint_find(lint, def->wants.item[i]) == GRAPH_NONE)
			say_unknown(
				lint, item, "wants", def->wants.item[i], false);
	}
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
	for (unsigned i = 0; i < lint.count; i++) {
		if (!lint.item[i].is_good)
			continue;
		check_names(&lint, &lint.item[i]);
		lint_log(&lint, i);
		if (with_warnings)
			lint_programs(&lint, &lint.item[i]);
	}
	lint_cycles(&lint);
	result->services = lint.count;
	for (unsigned i = 0; i < lint.count; i++)
		free(lint.item[i].memory);
	free(lint.item);
}
