#include "lib/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/lines.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/scan.h"
#include "lib/settings.h"
#include "lib/source.h"
#include "lib/state.h"
#include "lib/text.h"

/* The service that start = enabled starts. */
#define DEFAULT_TARGET "default"

/* What putting sections together needs; one for any number of them. */
struct builder {
	struct scan *scan;
	struct load_text fragments; /* of the section at hand */
	char *buffer;		    /* LOAD_FILE_MAX + 2 bytes for a file */
	void *memory;		    /* LOADED_ARENA_BYTES for its parsing */
	bool is_out_of_memory;
	char path[SOURCE_PATH_CAP];
	char problem[SOURCE_PROBLEM_CAP];
};

static bool
builder_open(struct builder *b, const struct load *load,
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

static void
builder_close(struct builder *b)
{
	scan_close(b->scan);
	free(b->fragments.bytes);
	free(b->buffer);
	free(b->memory);
}

static void
add_fragment(struct builder *b, char kind, const char *file, const char *bytes,
	size_t len)
{
	if (!text_add_fragment(&b->fragments, kind, file, bytes, len))
		b->is_out_of_memory = true;
}

/* The section becomes the one message. */
static bool
add_problem(struct builder *b, const char *file, const char *message)
{
	b->fragments.len = 0;
	add_fragment(b, '!', file, message, strlen(message));
	return false;
}

/* The path of a file of the service, for messages and the fragment. */
static const char *
set_path(struct builder *b, const char *dir, const char *name, const char *end,
	const char *file)
{
	struct fmt f;

	fmt_init(&f, b->path, sizeof(b->path));
	fmt_printf(&f, "%s/%s%s%s", dir, name, end, file);
	return b->path;
}

/* A file of b->path as a fragment. False: it is a problem. */
static bool
add_file(struct builder *b, int at, const char *name)
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
	return add_problem(b, b->path, b->problem);
}

/* NAME/run as a definition that runs it. */
static bool
add_directory(struct builder *b, int at, const char *dir, const char *name)
{
	struct load_text text = {0};
	struct stat st;
	struct fmt f;
	int fd;
	bool is_done;

	set_path(b, dir, name, "", "");
	source_unreadable(b->path, ENOENT, b->problem);
	if (source_open_dir(at, name, b->path, &fd, b->problem) != SOURCE_OK)
		return add_problem(b, b->path, b->problem);
	is_done = text_add_str(&text, "working-directory = ") &&
		  text_add_quoted(&text, b->path);
	set_path(b, dir, name, "", "/run");
	is_done = is_done && text_add_str(&text, "\ncommand = ") &&
		  text_add_quoted(&text, b->path);
	fmt_init(&f, b->problem, sizeof(b->problem));
	if (fstatat(fd, "run", &st, 0) != 0)
		source_unreadable(b->path, errno, b->problem);
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		fmt_printf(&f, "%s: not executable; run: chmod +x %s", b->path,
			b->path);
	else if (source_is_safe(b->path, &st, b->problem))
		b->problem[0] = '\0';
	close(fd);
	b->is_out_of_memory = b->is_out_of_memory || !is_done;
	if (b->problem[0] == '\0')
		add_fragment(b, '+', b->path, text.bytes, text.len);
	free(text.bytes);
	return b->problem[0] == '\0' || add_problem(b, b->path, b->problem);
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
add_dropins(struct builder *b, int at, const char *dir, const char *name)
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
		return add_problem(b, b->path, b->problem);
	}
	err = listing_read(&files, fd, 0);
	if (err != 0) {
		source_unreadable(b->path, err, b->problem);
		is_good = add_problem(b, b->path, b->problem);
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
add_wants(struct builder *b, unsigned root, const char *name)
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

/* All fragments of a service. False: they are one problem. */
static bool
add_fragments(
	struct builder *b, const char *name, const struct scan_found *found)
{
	const struct load *load = b->scan->load;
	const struct scan_place *place = &b->scan->place[found->place];
	struct fmt f;
	bool is_good;

	if (place->is_unsafe)
		return add_problem(b, set_path(b, place->path, name, "", ""),
			place->problem);
	if (settings_is_source(&load->settings, name)) {
		set_path(b, place->path, name, "", "");
		fmt_init(&f, b->problem, sizeof(b->problem));
		fmt_printf(&f,
			"%s: log-sources of tend.conf has a log of this name; "
			"give the service another one",
			b->path);
		return add_problem(b, b->path, b->problem);
	}
	if (load->defaults != NULL &&
		!text_add(&b->fragments, load->defaults, load->defaults_len))
		b->is_out_of_memory = true;
	if (found->kind == SCAN_DIRECTORY) {
		is_good = add_directory(b, place->fd, place->path, name);
	} else {
		set_path(b, place->path, name, "", "");
		is_good = add_file(b, place->fd, name);
	}
	for (unsigned i = b->scan->places; is_good && i-- > 0;) {
		place = &b->scan->place[i];
		if ((found->dropins >> i & 1) == 0)
			continue;
		set_path(b, place->path, name, ".d", "");
		is_good =
			place->is_unsafe
				? add_problem(b, b->path, place->problem)
				: add_dropins(b, place->fd, place->path, name);
	}
	for (unsigned i = load->roots; is_good && i-- > 0;)
		if ((found->wants >> i & 1) != 0)
			add_wants(b, i, name);
	return is_good;
}

/* Parses the fragments; a bad definition becomes one problem. */
static bool
check_fragments(struct builder *b, struct def *def)
{
	struct def_error error;
	struct arena arena;
	struct fmt f;

	arena_init(&arena, b->memory, LOADED_ARENA_BYTES);
	if (loaded_parse(
		    b->fragments.bytes, b->fragments.len, &arena, def, &error))
		return true;
	fmt_init(&f, b->problem, sizeof(b->problem));
	def_error_format(&f, &error);
	return add_problem(
		b, error.file != NULL ? error.file : "-", b->problem);
}

static enum svc_enabled
is_enabled(const struct builder *b, const char *name,
	const struct scan_found *found, const struct def *def)
{
	if (b->scan->load->settings.start_all)
		return def == NULL || def->autostart ? ENABLED_YES : ENABLED_NO;
	return found->is_wanted || strcmp(name, DEFAULT_TARGET) == 0
		       ? ENABLED_YES
		       : ENABLED_NO;
}

/* Appends the section of a service that is there. False: out of memory. */
static bool
add_section(struct builder *b, const char *name, const struct scan_found *found,
	struct load_text *out)
{
	enum svc_enabled enabled = ENABLED_MASKED;
	char start[NAME_CAP + 48];
	struct def def;
	struct fmt f;

	b->fragments.len = 0;
	if (found->kind == SCAN_MASKED) {
		set_path(b, b->scan->place[found->place].path, name, "", "");
		add_fragment(b, '~', b->path, "", 0);
	} else {
		bool is_good = add_fragments(b, name, found) &&
			       check_fragments(b, &def);

		enabled = is_enabled(b, name, found, is_good ? &def : NULL);
	}
	fmt_init(&f, start, sizeof(start));
	fmt_printf(&f, "@ %s %s %zu\n", name, enabled_name(enabled),
		b->fragments.len);
	return !b->is_out_of_memory && text_add(out, start, f.len) &&
	       text_add(out, b->fragments.bytes, b->fragments.len);
}

bool
load_service(struct load *load, const char *name, struct load_text *out)
{
	size_t len = strlen(name), begin = out->len;
	struct builder b;
	struct scan_found found;
	bool is_done = false;

	if (!name_is_valid(name, len) || name_is_ignored(name) ||
		name[len - 1] == '@' || !builder_open(&b, load, NULL))
		return false;
	scan_find(b.scan, name, &found);
	if (found.place != SCAN_NONE)
		is_done = add_section(&b, name, &found, out);
	if (!is_done)
		out->len = begin;
	builder_close(&b);
	return is_done;
}

/* Takes the entries of one name from *at on together. */
static const char *
take_found(const struct listing *names, size_t *at, struct scan_found *found)
{
	const char *name = names->item[*at].name;

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
		if (entry->tag != SCAN_DEFINITION || found->place != SCAN_NONE)
			continue;
		found->place = entry->place;
		found->kind = (enum scan_kind)entry->kind;
	}
	return name;
}

int
load_all(struct load *load, struct load_text *out,
	void (*warn)(const char *message))
{
	struct builder b;
	struct listing names = {0};
	struct scan_found found;
	size_t at = 0;
	int count = 0, err;

	if (!builder_open(&b, load, warn))
		return -1;
	err = scan_list(b.scan, &names);
	listing_sort(&names);
	if (err == 0 && !text_add_str(out, LOADED_HEADER))
		err = ENOMEM;
	while (err == 0 && at < names.len) {
		const char *name = take_found(&names, &at, &found);

		if (found.place == SCAN_NONE)
			continue;
		if (!add_section(&b, name, &found, out))
			err = ENOMEM;
		count++;
	}
	listing_finish(&names);
	load->has_unreadable = b.scan->has_unreadable;
	builder_close(&b);
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
	scan_find(scan, DEFAULT_TARGET, &found);
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
