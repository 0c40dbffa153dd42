#include "svctl/alias.h"

#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "svctl/defs.h"
#include "svctl/logdir.h"
#include "svctl/svctl.h"

static bool
provides(const struct loaded_section *section, const char *name)
{
	struct def_error error;
	void *memory = NULL;
	bool is_it = false;
	struct def def;

	if (defs_parse(section, &def, &memory, &error))
		for (unsigned i = 0; i < def.provides.len; i++)
			is_it |= strcmp(def.provides.item[i], name) == 0;
	free(memory);
	return is_it;
}

const char *
alias_find(const struct load_text *text, const char *name, char own[NAME_CAP])
{
	struct loaded_section section;
	bool is_broken;
	size_t at = 0;

	if (defs_find(text, name, &section))
		return name;
	while (loaded_next(text->bytes, text->len, &at, &section, &is_broken)) {
		if (!provides(&section, name))
			continue;
		memcpy(own, section.name, strlen(section.name) + 1);
		return own;
	}
	return name;
}

const char *
alias_on_page(struct svctl *s, const char *name, char own[NAME_CAP])
{
	struct page_entry entry;
	const char *found;

	if (!logdir_is_known(s, name) ||
		map_entry(&s->map, name, &entry) == PAGE_NONE)
		return name;
	found = page_string(&s->map.view, entry.name_off);
	if (strlen(found) >= NAME_CAP)
		return name;
	memcpy(own, found, strlen(found) + 1);
	return own;
}
