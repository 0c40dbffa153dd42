#include "lib/section.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/given.h"
#include "lib/lines.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/rundir.h"
#include "lib/scan.h"
#include "lib/settings.h"
#include "lib/state.h"
#include "lib/text.h"

bool
section_open(struct section_builder *b, const struct load *load,
	void (*warn)(const char *message))
{
	memset(b, 0, sizeof(*b));
	b->buffer = malloc(LOAD_FILE_MAX + 2);
	b->memory = malloc(LOADED_ARENA_BYTES);
	if (b->buffer != NULL && b->memory != NULL)
		b->scan = scan_open(load, warn);
	if (b->scan != NULL)
		return true;
	free(b->buffer);
	free(b->memory);
	return false;
}

void
section_close(struct section_builder *b)
{
	scan_close(b->scan);
	free(b->fragments.bytes);
	listing_finish(&b->needed);
	free(b->buffer);
	free(b->memory);
}

static void
add_fragment(struct section_builder *b, char kind, const char *file,
	const char *bytes, size_t len)
{
	if (!text_add_fragment(&b->fragments, kind, file, bytes, len))
		b->is_out_of_memory = true;
}

bool
section_problem(
	struct section_builder *b, const char *file, const char *message)
{
	b->fragments.len = 0;
	add_fragment(b, '!', file, message, strlen(message));
	return false;
}

/* The path of a file of the service, for messages and the fragment. */
static const char *
set_path(struct section_builder *b, const char *dir, const char *name,
	const char *end, const char *file)
{
	struct fmt f;

	fmt_init(&f, b->path, sizeof(b->path));
	fmt_printf(&f, "%s/%s%s%s", dir, name, end, file);
	return b->path;
}

/* The same for one that has no file. */
static void
set_name(struct section_builder *b, const char *name)
{
	struct fmt f;

	fmt_init(&f, b->path, sizeof(b->path));
	fmt_str(&f, name);
}

/* A file of b->path as a fragment. False: it is a problem. */
static bool
add_file(struct section_builder *b, int at, const char *name)
{
	size_t len;

	switch (source_read(at, name, b->path, b->buffer, &len, b->problem)) {
	case SOURCE_OK:
		len = lines_strip(b->buffer, len);
		add_fragment(b, '+', b->path, b->buffer, len);
		return true;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		return true;
	case SOURCE_BAD:
		break;
	}
	return section_problem(b, b->path, b->problem);
}

/* The directory as the definition that does what its files say. */
static bool
add_directory(struct section_builder *b, const struct scan_place *place,
	const char *name, const struct scan_found *found)
{
	struct rundir dir = {.at = place->fd,
		.place = place->path,
		.file = found->file,
		.path = b->path,
		.service = name,
		.is_logger = found->is_logger,
		.is_instance = found->is_instance,
		.buffer = b->buffer,
		.out = &b->fragments,
		.problem = b->problem};
	enum rundir_result result;

	set_path(b, place->path, found->file, "", "");
	result = rundir_read(&dir);
	b->is_out_of_memory = b->is_out_of_memory || result == RUNDIR_FULL;
	return result == RUNDIR_OK || section_problem(b, b->path, b->problem);
}

static bool
is_dropin(const char *name)
{
	size_t len = strlen(name);

	if (len <= 5 || strcmp(name + len - 5, ".conf") != 0 ||
		name_is_ignored(name))
		return false;
	/* No newline may get into the line that names the file. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return true;
}

/* The files NAME.d/?*.conf of a place, sorted by name. */
static bool
add_dropins(
	struct section_builder *b, int at, const char *dir, const char *name)
{
	char relative[NAME_CAP + 4];
	struct listing files = {0};
	struct fmt f;
	int fd, err;
	bool is_good = true;

	fmt_init(&f, relative, sizeof(relative));
	fmt_printf(&f, "%s.d", name);
	set_path(b, dir, relative, "", "");
	switch (source_open_dir(at, relative, b->path, &fd, b->problem)) {
	case SOURCE_OK:
		break;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		return true;
	case SOURCE_BAD:
		return section_problem(b, b->path, b->problem);
	}
	err = listing_read(&files, fd, 0);
	if (err != 0) {
		source_unreadable(b->path, err, b->problem);
		is_good = section_problem(b, b->path, b->problem);
	}
	listing_sort(&files);
	for (size_t i = 0; is_good && i < files.len; i++) {
		const char *file = files.item[i].name;

		if (!is_dropin(file))
			continue;
		set_path(b, dir, relative, "/", file);
		is_good = add_file(b, fd, file);
	}
	listing_finish(&files);
	close(fd);
	return is_good;
}

/* What the .wants directories of a root add to their target. */
static void
add_wants(struct section_builder *b, unsigned root, const char *name)
{
	struct load_text text = {0};
	struct listing names = {0};
	bool is_done = scan_wanted(b->scan, root, name, 0, &names) != ENOMEM;

	listing_sort(&names);
	for (size_t i = 0; i < names.len; i++)
		is_done = is_done && text_add_str(&text, "wants = ") &&
			  text_add_str(&text, names.item[i].name) &&
			  text_add_str(&text, "\n");
	set_path(b, b->scan->load->root[root], name, ".wants", "");
	if (text.len > 0)
		add_fragment(b, '+', b->path, text.bytes, text.len);
	b->is_out_of_memory = b->is_out_of_memory || !is_done;
	listing_finish(&names);
	free(text.bytes);
}

/* The drop-ins of all places, the lowest first. */
static bool
add_all_dropins(struct section_builder *b, uint32_t places, const char *name)
{
	for (unsigned i = b->scan->places; i-- > 0;) {
		const struct scan_place *place = &b->scan->place[i];

		if ((places >> i & 1) == 0)
			continue;
		set_path(b, place->path, name, ".d", "");
		if (place->is_unsafe)
			return section_problem(b, b->path, place->problem);
		if (!add_dropins(b, place->fd, place->path, name))
			return false;
	}
	return true;
}

static bool
add_taken(struct section_builder *b)
{
	struct fmt f;

	fmt_init(&f, b->problem, sizeof(b->problem));
	fmt_printf(&f,
		"%s: log-sources of tend.conf has a log of this name; "
		"give the service another one",
		b->path);
	return section_problem(b, b->path, b->problem);
}

/* What its file or directory says. */
static bool
add_own(struct section_builder *b, const char *name,
	const struct scan_found *found)
{
	const struct scan_place *place = &b->scan->place[found->place];

	if (place->is_unsafe)
		return section_problem(b, b->path, place->problem);
	return found->kind == SCAN_DIRECTORY
		       ? add_directory(b, place, name, found)
		       : add_file(b, place->fd, found->file);
}

/* All fragments of a service. False: they are one problem. */
static bool
add_fragments(struct section_builder *b, const char *name,
	const struct scan_found *found)
{
	const struct load *load = b->scan->load;
	bool is_good;

	if (found->place != SCAN_NONE)
		set_path(b, b->scan->place[found->place].path, found->file, "",
			"");
	else
		set_name(b, name);
	if (settings_is_source(&load->settings, name))
		return add_taken(b);
	if (load->defaults != NULL &&
		!text_add(&b->fragments, load->defaults, load->defaults_len))
		b->is_out_of_memory = true;
	is_good = found->place == SCAN_NONE || add_own(b, name, found);
	is_good = is_good &&
		  add_all_dropins(b, found->base_dropins, found->template) &&
		  add_all_dropins(b, found->dropins, name);
	for (unsigned i = load->roots; is_good && i-- > 0;)
		if ((found->wants >> i & 1) != 0)
			add_wants(b, i, name);
	return is_good && section_add_given(b, name);
}

/*
 * Whether a definition that cannot be parsed says that it is not to start: as
 * `svctl disable` writes it.
 */
static bool
says_off(const struct section_builder *b)
{
	struct loaded_fragment fragment;
	struct lines lines;
	struct lines_pair pair;
	struct def_error error;
	size_t at = 0;
	bool is_broken = false;
	bool is_off = false;

	while (loaded_fragment_next(b->fragments.bytes, b->fragments.len, &at,
		&fragment, &is_broken)) {
		lines_init(&lines, fragment.text, fragment.len);
		while (lines_next(&lines, &pair, &error) == LINES_PAIR)
			if (pair.key_len == strlen("autostart") &&
				memcmp(pair.key, "autostart", pair.key_len) ==
					0)
				is_off = pair.value_len == 2 &&
					 memcmp(pair.value, "no", 2) == 0;
	}
	return is_off;
}

/* Parses the fragments; a bad definition becomes one problem. */
static bool
check_fragments(struct section_builder *b, struct def *def)
{
	struct def_error error;
	struct arena arena;
	struct fmt f;

	arena_init(&arena, b->memory, LOADED_ARENA_BYTES);
	if (loaded_parse(
		    b->fragments.bytes, b->fragments.len, &arena, def, &error))
		return true;
	if (error.file != NULL && section_is_given(error.file))
		error.line = 0;
	b->is_off = says_off(b);
	fmt_init(&f, b->problem, sizeof(b->problem));
	def_error_format(&f, &error);
	return section_problem(
		b, error.file != NULL ? error.file : "-", b->problem);
}

static void
need(struct section_builder *b, const char *name)
{
	char base[NAME_CAP];

	if (name == NULL ||
		(!name_template(name, base) && !name_logged(name, base)))
		return;
	if (!listing_add(&b->needed, name, strlen(name), 0, 0))
		b->is_out_of_memory = true;
}

/* What is only ordered by it or ended with it need not be there. */
static void
add_needed(struct section_builder *b, const struct def *def)
{
	const struct def_list *const lists[] = {&def->requires, &def->binds_to,
		&def->requires_once, &def->wants, &def->on_failure};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (unsigned n = 0; n < lists[i]->len; n++)
			need(b, lists[i]->item[n]);
	need(b, def->log_service);
}

/*
 * Of a template, with start = all, only those that are named on purpose; a
 * logger is started by those that log to it.
 */
static enum svc_enabled
is_enabled(const struct section_builder *b, const char *name,
	const struct scan_found *found, const struct def *def)
{
	const struct given *given = b->scan->load->given;
	bool is_given = given != NULL && given_has(given, name);
	bool is_named = (!found->is_template && !found->is_logger) ||
			found->is_wanted || found->dropins != 0 || is_given;

	if (b->scan->load->settings.start_all)
		return is_named && (def == NULL ? !b->is_off : def->autostart)
			       ? ENABLED_YES
			       : ENABLED_NO;
	return found->is_wanted || is_given || strcmp(name, SCAN_TARGET) == 0
		       ? ENABLED_YES
		       : ENABLED_NO;
}

bool
section_add(struct section_builder *b, const char *name,
	const struct scan_found *found, struct load_text *out)
{
	enum svc_enabled enabled = ENABLED_MASKED;
	char start[NAME_CAP + 48];
	struct def def;
	struct fmt f;

	b->fragments.len = 0;
	b->is_off = false;
	if (found->kind == SCAN_MASKED) {
		set_path(b, b->scan->place[found->place].path, found->file, "",
			"");
		add_fragment(b, '~', b->path, "", 0);
	} else {
		bool is_good = add_fragments(b, name, found) &&
			       check_fragments(b, &def);

		if (is_good)
			add_needed(b, &def);
		enabled = is_enabled(b, name, found, is_good ? &def : NULL);
	}
	fmt_init(&f, start, sizeof(start));
	fmt_printf(&f, "@ %s %s %zu\n", name, enabled_name(enabled),
		b->fragments.len);
	return !b->is_out_of_memory && text_add(out, start, f.len) &&
	       text_add(out, b->fragments.bytes, b->fragments.len);
}
