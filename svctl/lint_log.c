/* `log = service:NAME`: is there such a one, and where do its lines end? */
#include <string.h>

#include "lib/name.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/lint_private.h"
#include "svctl/svctl.h"

#define CHAIN_MAX 16u /* as in supervisor/build_logs.c */
#define TEXT_CAP  512

/* Whom it logs to: GRAPH_NONE for nobody, or nobody that is known. */
static uint32_t
next(const struct lint *lint, uint32_t n)
{
	const struct lint_item *item = &lint->item[n];

	if (!item->is_good || (item->def.log & LOG_TO_SERVICE) == 0)
		return GRAPH_NONE;
	return lint_find(lint, item->def.log_service);
}

bool
lint_log_ends(const struct lint *lint, uint32_t n)
{
	uint32_t at = n;

	for (unsigned i = 0; i <= CHAIN_MAX; i++) {
		at = next(lint, at);
		if (at == GRAPH_NONE)
			return true;
		if (at == n)
			return false;
	}
	return false;
}

static void
put_chain(struct fmt *f, const struct lint *lint, uint32_t n)
{
	uint32_t at = n;

	fmt_printf(f, "log: %s", lint->item[n].section.name);
	for (unsigned i = 0; i <= CHAIN_MAX && (i == 0 || at != n); i++) {
		at = next(lint, at);
		fmt_printf(f, " -> %s", lint->item[at].section.name);
	}
	fmt_str(f, at == n ? ": its lines would come back" : ": too many");
}

void
lint_log(struct lint *lint, uint32_t n)
{
	const struct lint_item *item = &lint->item[n];
	const char *name = item->def.log_service;
	char word[NAME_CAP + sizeof("service:")];
	struct def_error where;
	char text[TEXT_CAP];
	char near[NAME_CAP];
	uint32_t to;
	struct fmt f;

	if ((item->def.log & LOG_TO_SERVICE) == 0)
		return;
	to = lint_find(lint, name);
	fmt_init(&f, word, sizeof(word));
	fmt_printf(&f, "service:%s", name);
	defs_locate(&item->section, "log", word, &where);
	fmt_init(&f, text, sizeof(text));
	if (to == GRAPH_NONE) {
		fmt_printf(&f, "log: no service '%s'", name);
		if (defs_nearest(lint->text, name, near))
			fmt_printf(&f, "; did you mean '%s'?", near);
	} else if (!lint_log_ends(lint, n)) {
		put_chain(&f, lint, n);
	} else if (lint->item[to].section.enabled == ENABLED_MASKED ||
		   (lint->item[to].is_good &&
			   lint->item[to].def.type == TYPE_TARGET)) {
		fmt_printf(&f,
			"log: '%s' %s, so the lines that go to it are lost",
			name,
			lint->item[to].is_good ? "is a target" : "is masked");
	} else {
		return;
	}
	/* A masked one is somebody's will, and may be another's tomorrow. */
	lint_say(lint, item, to == GRAPH_NONE || lint->item[to].is_good, &where,
		text);
}
