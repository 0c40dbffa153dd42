#include "lib/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "lib/given.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/scan.h"
#include "lib/section.h"
#include "lib/settings.h"
#include "lib/text.h"

static bool
is_service_name(const char *name)
{
	size_t len = strlen(name);

	return name_is_valid(name, len) && !name_is_ignored(name) &&
	       name[len - 1] != '@';
}

static bool
is_given(const struct load *load, const char *name)
{
	return load->given != NULL && given_has(load->given, name);
}

/* False: no such service, or out of memory. */
static bool
find_and_add(struct section_builder *b, const char *name, struct load_text *out)
{
	struct scan_found found;
	size_t begin = out->len;

	if (!is_service_name(name))
		return false;
	scan_find(b->scan, name, &found);
	if ((found.place != SCAN_NONE || is_given(b->scan->load, name)) &&
		section_add(b, name, &found, out))
		return true;
	out->len = begin;
	return false;
}

bool
load_service(struct load *load, const char *name, struct load_text *out)
{
	struct section_builder b;
	bool is_done = false;

	if (!is_service_name(name) || !section_open(&b, load, NULL))
		return false;
	is_done = find_and_add(&b, name, out);
	section_close(&b);
	return is_done;
}

/* Is there a section of that name in sections from `from` on? */
static bool
has_section(const struct load_text *text, size_t from, const char *name)
{
	struct loaded_section section;
	bool is_broken;
	size_t at = 0;

	while (loaded_next(text->bytes + from, text->len - from, &at, &section,
		&is_broken))
		if (strcmp(section.name, name) == 0)
			return true;
	return false;
}

bool
load_service_and_needed(
	struct load *load, const char *name, struct load_text *out)
{
	struct section_builder b;
	size_t begin = out->len;
	bool is_done = false;

	if (!is_service_name(name) || !section_open(&b, load, NULL))
		return false;
	is_done = find_and_add(&b, name, out);
	/* The list grows meanwhile: by few, since each is named by a file. */
	for (size_t i = 0; is_done && i < b.needed.len; i++) {
		char copy[NAME_CAP];
		size_t len = strlen(b.needed.blob + b.needed.item[i].offset);

		memcpy(copy, b.needed.blob + b.needed.item[i].offset, len + 1);
		if (!has_section(out, begin, copy))
			(void)find_and_add(&b, copy, out);
	}
	if (b.is_out_of_memory) {
		is_done = false;
		out->len = begin;
	}
	section_close(&b);
	return is_done;
}

/* Takes the entries of one name from *at on together. */
static const char *
take_found(struct scan *scan, const struct listing *names, size_t *at,
	struct scan_found *found)
{
	const char *name = names->item[*at].name;
	bool is_named = false;

	memset(found, 0, sizeof(*found));
	found->place = SCAN_NONE;
	for (; *at < names->len; (*at)++) {
		const struct listed *entry = &names->item[*at];

		if (strcmp(entry->name, name) != 0)
			break;
		if (entry->tag == SCAN_DROPINS)
			found->dropins |= 1u << entry->place;
		else if (entry->tag == SCAN_WANTS)
			found->wants |= 1u << entry->place;
		else if (entry->tag == SCAN_WANTED)
			found->is_wanted = true;
		else if (entry->tag == SCAN_KEPT || entry->tag == SCAN_GIVEN)
			is_named = true;
		if (entry->tag != SCAN_DEFINITION || found->place != SCAN_NONE)
			continue;
		found->place = entry->place;
		found->kind = (enum scan_kind)entry->kind;
	}
	is_named = is_named || found->is_wanted || found->place != SCAN_NONE ||
		   (found->dropins != 0 && scan->load->settings.start_all);
	if (is_named && is_service_name(name))
		scan_find_base(scan, name, found);
	return name;
}

/* False: out of memory. Those of the listing in order; *count is added to. */
static bool
add_listed(struct section_builder *b, const struct listing *names,
	struct load_text *out, int *count)
{
	struct scan_found found;
	size_t at = 0;

	while (at < names->len) {
		const char *name = take_found(b->scan, names, &at, &found);

		if (found.place == SCAN_NONE && !is_given(b->scan->load, name))
			continue;
		if (!section_add(b, name, &found, out))
			return false;
		(*count)++;
	}
	return true;
}

/* Both sorted by name, without headers; no name is in both. */
static bool
merge(const struct load_text *a, const struct load_text *b,
	struct load_text *out)
{
	struct loaded_section x, y;
	size_t a_at = 0, b_at = 0, a_from = 0, b_from = 0;
	bool is_broken;
	bool has_x = loaded_next(a->bytes, a->len, &a_at, &x, &is_broken);
	bool has_y = loaded_next(b->bytes, b->len, &b_at, &y, &is_broken);
	bool is_done = true;

	while (is_done && (has_x || has_y)) {
		if (!has_y || (has_x && strcmp(x.name, y.name) < 0)) {
			is_done =
				text_add(out, a->bytes + a_from, a_at - a_from);
			a_from = a_at;
			has_x = loaded_next(
				a->bytes, a->len, &a_at, &x, &is_broken);
		} else {
			is_done =
				text_add(out, b->bytes + b_from, b_at - b_from);
			b_from = b_at;
			has_y = loaded_next(
				b->bytes, b->len, &b_at, &y, &is_broken);
		}
	}
	return is_done;
}

/* Of what is needed that which is not known yet moves to news. */
static bool
take_news(struct listing *needed, struct listing *known, struct listing *news)
{
	const char *last = "";

	listing_sort(needed);
	listing_sort(known);
	for (size_t i = 0; i < needed->len; i++) {
		const char *name = needed->item[i].name;

		if (strcmp(name, last) == 0 || listing_has(known, name))
			continue;
		if (!listing_add(news, name, strlen(name), SCAN_DEFINITION, 0))
			return false;
		last = name;
	}
	for (size_t i = 0; i < news->len; i++) {
		const char *name = news->blob + news->item[i].offset;

		if (!listing_add(known, name, strlen(name), 0, 0))
			return false;
	}
	listing_finish(needed);
	listing_sort(news);
	return true;
}

/*
 * Instances and loggers that only definitions name, and what those name in
 * turn. *text is sections without header, sorted.
 */
static bool
add_needed(struct section_builder *b, struct load_text *text, int *count)
{
	struct listing known = {0};
	struct loaded_section section;
	bool is_broken, is_done = true;
	size_t at = 0;

	while (is_done && b->needed.len > 0 &&
		loaded_next(text->bytes, text->len, &at, &section, &is_broken))
		is_done = listing_add(
			&known, section.name, strlen(section.name), 0, 0);
	while (is_done && b->needed.len > 0) {
		struct load_text round = {0}, both = {0};
		struct listing news = {0};
		size_t before = 0;

		is_done = take_news(&b->needed, &known, &news);
		for (size_t i = 0; is_done && i < news.len; i++) {
			before = round.len;
			(void)find_and_add(b, news.item[i].name, &round);
			*count += round.len > before;
			is_done = !b->is_out_of_memory;
		}
		if (round.len > 0) {
			is_done = is_done && merge(text, &round, &both);
			free(text->bytes);
			*text = both;
		}
		free(round.bytes);
		listing_finish(&news);
	}
	listing_finish(&known);
	return is_done;
}

/* Those that need no file. */
static bool
add_given(const struct given *given, struct listing *names)
{
	bool is_done =
		!given->command || listing_add(names, GIVEN_MAIN,
					   strlen(GIVEN_MAIN), SCAN_GIVEN, 0);

	for (size_t i = 0; is_done && i < given->services; i++) {
		char name[NAME_CAP];
		const char *command, *problem;
		size_t len;

		if (given_split(
			    given->service[i], name, &command, &len, &problem))
			is_done = listing_add(
				names, name, strlen(name), SCAN_GIVEN, 0);
	}
	return is_done;
}

static int
list(struct section_builder *b, const struct load *load, struct listing *names)
{
	int err = scan_list(b->scan, names);

	for (size_t i = 0;
		err == 0 && load->keep != NULL && i < load->keep->len; i++) {
		const char *name =
			load->keep->blob + load->keep->item[i].offset;

		if (!listing_add(names, name, strlen(name), SCAN_KEPT, 0))
			err = ENOMEM;
	}
	if (err == 0 && load->given != NULL && !add_given(load->given, names))
		err = ENOMEM;
	listing_sort(names);
	return err;
}

int
load_all(struct load *load, struct load_text *out,
	void (*warn)(const char *message))
{
	struct section_builder b;
	struct load_text text = {0};
	struct listing names = {0};
	int count = 0, err;

	if (!section_open(&b, load, warn))
		return -1;
	err = list(&b, load, &names);
	if (err == 0 && (!add_listed(&b, &names, &text, &count) ||
				!add_needed(&b, &text, &count)))
		err = ENOMEM;
	if (err == 0 && load->given != NULL && warn != NULL)
		section_check_given(load->given, &text, warn);
	listing_finish(&names);
	if (err == 0 && (!text_add_str(out, LOADED_HEADER) ||
				!text_add(out, text.bytes, text.len)))
		err = ENOMEM;
	free(text.bytes);
	load->has_unreadable = b.scan->has_unreadable;
	section_close(&b);
	errno = err;
	return err == 0 ? count : -1;
}

/* Without `start`, a definition `default` means start = enabled. */
static void
decide_start(struct load *load)
{
	struct scan *scan = scan_open(load, NULL);
	struct scan_found found;

	if (scan == NULL)
		return;
	load->settings.start_all = true;
	scan_find(scan, SCAN_TARGET, &found);
	load->settings.start_all = found.place == SCAN_NONE;
	scan_close(scan);
}

static bool
are_roots_good(struct load *load, char *message, size_t message_cap)
{
	struct fmt f;

	for (unsigned i = 0; i < load->roots; i++) {
		for (const char *p = load->root[i]; *p != '\0'; p++) {
			if ((unsigned char)*p >= ' ' && *p != 0x7f)
				continue;
			fmt_init(&f, message, message_cap);
			fmt_str(&f, "the path of the config directory holds a "
				    "control byte; nothing is read from it");
			load->roots = 0;
			return false;
		}
	}
	return true;
}

bool
load_open(struct load *load, const struct paths_options *options, char *message,
	size_t message_cap)
{
	bool is_good;

	memset(load, 0, sizeof(*load));
	load->roots = paths_config(options, load->root);
	is_good = are_roots_good(load, message, message_cap) &&
		  settings_read(load, options->root, message, message_cap);
	if (!is_good) {
		load_close(load);
		memset(&load->settings, 0, sizeof(load->settings));
	}
	if (!load->settings.is_start_set)
		decide_start(load);
	return is_good;
}

void
load_close(struct load *load)
{
	free(load->defaults);
	load->defaults = NULL;
	load->defaults_len = 0;
}
