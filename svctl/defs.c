#include "svctl/defs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/lines.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/reason.h"
#include "lib/source.h"
#include "lib/state.h"
#include "svctl/given.h"
#include "svctl/svctl.h"

/* A list item is 2 bytes of text or more, and two pointers while it grows. */
#define ARENA_PER_BYTE 20
#define ARENA_LEAST    16384

#define VALUE_SHOWN 120 /* bytes of a value within a sentence */

static int
read_whole(int fd, struct load_text *text)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	text->len = 0;
	text->cap = (size_t)st.st_size + 1;
	text->bytes = malloc(text->cap);
	if (!text->bytes)
		return -1;
	while (text->len < (size_t)st.st_size) {
		ssize_t n = read(fd, text->bytes + text->len,
			(size_t)st.st_size - text->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		text->len += (size_t)n;
	}
	return 0;
}

int
defs_read_loaded(struct svctl *s, struct load_text *text)
{
	return defs_read_file(s, "loaded", text);
}

int
defs_read_file(struct svctl *s, const char *name, struct load_text *text)
{
	char path[PATHS_CAP + 16];
	struct fmt f;
	int fd, rc;

	memset(text, 0, sizeof(*text));
	if (!*s->runtime)
		paths_runtime_find(&s->paths, s->runtime);
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/%s", s->runtime, name);
	fd = open(path,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	rc = read_whole(fd, text);
	close(fd);
	return rc;
}

static void
warn(const char *message)
{
	char line[4096];
	struct fmt f;

	fmt_init(&f, line, sizeof(line));
	fmt_str(&f, "warning: ");
	fmt_str(&f, message);
	out_note(line);
}

static int
read_disk(struct svctl *s, const struct listing *keep, struct load_text *text,
	bool *has_error)
{
	char message[2048];
	struct load load;
	int count;

	memset(text, 0, sizeof(*text));
	*has_error = false;
	if (!load_open(&load, &s->paths, message, sizeof(message))) {
		out_note(message);
		*has_error = true;
	}
	load.keep = keep;
	given_add(s, &load);
	count = load_all(&load, text, warn);
	if (count < 0)
		out_error(NULL, "cannot read the definitions: %s",
			strerror(errno));
	load_close(&load);
	return count;
}

int
defs_read_disk(struct svctl *s, struct load_text *text, bool *has_error)
{
	return read_disk(s, NULL, text, has_error);
}

/* As the supervisor finds them. */
static void
find_kept(
	struct svctl *s, const struct load_text *in_force, struct listing *kept)
{
	struct loaded_section section;
	struct page_entry entry;
	char base[NAME_CAP];
	bool is_broken;
	size_t at = 0;

	while (loaded_next(
		in_force->bytes, in_force->len, &at, &section, &is_broken)) {
		if (!name_template(section.name, base) &&
			!name_logged(section.name, base))
			continue;
		if (map_entry(&s->map, section.name, &entry) != PAGE_NONE &&
			(entry.state != SVC_DOWN || entry.want != WANT_DOWN))
			(void)listing_add(
				kept, section.name, strlen(section.name), 0, 0);
	}
}

int
defs_read_to_apply(struct svctl *s, const struct load_text *in_force,
	struct load_text *text, bool *has_error)
{
	struct listing kept = {0};
	int count;

	if (s->map.view.base)
		find_kept(s, in_force, &kept);
	count = read_disk(s, &kept, text, has_error);
	listing_finish(&kept);
	return count;
}

int
defs_read_with(struct svctl *s, const char *name, struct load_text *text,
	bool *has_error)
{
	struct listing kept = {0};
	int count;

	if (name)
		(void)listing_add(&kept, name, strlen(name), 0, 0);
	count = read_disk(s, &kept, text, has_error);
	listing_finish(&kept);
	return count;
}

bool
defs_find(const struct load_text *text, const char *name,
	struct loaded_section *out)
{
	bool is_broken;
	size_t at = 0;

	while (loaded_next(text->bytes, text->len, &at, out, &is_broken)) {
		if (!strcmp(out->name, name))
			return true;
	}
	return false;
}

bool
defs_nearest(const struct load_text *text, const char *name, char *out)
{
	struct loaded_section section;
	unsigned best = name_reach(name) + 1;
	bool is_found = false, is_broken;
	size_t at = 0;

	while (loaded_next(text->bytes, text->len, &at, &section, &is_broken)) {
		unsigned distance = name_distance(name, section.name, best);

		if (distance < best) {
			best = distance;
			is_found = true;
			memcpy(out, section.name, sizeof(section.name));
		}
	}
	return is_found;
}

bool
defs_parse(const struct loaded_section *section, struct def *def, void **memory,
	struct def_error *error)
{
	size_t cap = section->len * ARENA_PER_BYTE + ARENA_LEAST;
	struct arena arena;

	*memory = malloc(cap);
	if (!*memory) {
		memset(error, 0, sizeof(*error));
		memcpy(error->text, "out of memory", 14);
		return false;
	}
	arena_init(&arena, *memory, cap);
	return loaded_parse(section->bytes, section->len, &arena, def, error);
}

/* The offset of a word among those of a value, or SIZE_MAX. */
static size_t
find_word(const char *value, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t at = 0; at < len;) {
		size_t from;

		while (at < len && (value[at] == ' ' || value[at] == '\t'))
			at++;
		from = at;
		while (at < len && value[at] != ' ' && value[at] != '\t')
			at++;
		if (at - from == word_len &&
			!memcmp(value + from, word, word_len))
			return from;
	}
	return SIZE_MAX;
}

/* Looks through one fragment. */
static bool
locate_in(const struct loaded_fragment *fragment, const char *key,
	const char *word, struct def_error *where)
{
	struct lines_pair pair;
	struct def_error error;
	struct lines lines;

	lines_init(&lines, fragment->text, fragment->len);
	while (lines_next(&lines, &pair, &error) == LINES_PAIR) {
		char *value;
		size_t offset;

		if (pair.key_len != strlen(key) ||
			memcmp(pair.key, key, pair.key_len) != 0)
			continue;
		value = malloc(pair.value_len + 1);
		if (!value)
			return false;
		offset = find_word(value, lines_join(&pair, value), word);
		free(value);
		if (offset == SIZE_MAX)
			continue;
		lines_locate(&pair, offset, where);
		return true;
	}
	return false;
}

void
defs_locate(const struct loaded_section *section, const char *key,
	const char *word, struct def_error *where)
{
	struct loaded_fragment fragment;
	static char file[PATHS_CAP * 3];
	bool is_broken;
	size_t at = 0;

	memset(where, 0, sizeof(*where));
	while (loaded_fragment_next(
		section->bytes, section->len, &at, &fragment, &is_broken)) {
		struct fmt f;

		if (fragment.kind != '+')
			continue;
		if (where->file && !locate_in(&fragment, key, word, where))
			continue;
		if (!where->file)
			(void)locate_in(&fragment, key, word, where);
		fmt_init(&f, file, sizeof(file));
		fmt_bytes(&f, fragment.file, fragment.file_len);
		where->file = file;
		if (!where->line)
			continue;
		/* What is no file has no lines. */
		if (!strchr(file, '/'))
			where->line = 0;
		return;
	}
}

/* A list is cut short: a sentence is no place for a script. */
static void
put_values(struct fmt *out, const char *key, const char *const *value,
	unsigned count)
{
	if (!count || !value[0])
		return;
	fmt_printf(out, " (%s = ", key);
	for (unsigned i = 0; i < count; i++) {
		size_t len = strlen(value[i]);
		bool is_long = len > VALUE_SHOWN;

		fmt_str(out, i ? ", or " : "");
		fmt_bytes(out, value[i], is_long ? VALUE_SHOWN : len);
		fmt_str(out, is_long ? "..." : "");
	}
	fmt_char(out, ')');
}

/* The values of the key that a step of the start depends on. */
static void
put_key_of_step(struct fmt *out, unsigned step, const struct def *def)
{
	switch (step) {
	case STEP_EXEC:
		/* Which one of several it was, the page does not tell. */
		put_values(out, "command", def->command.item, def->command.len);
		break;
	case STEP_DIRECTORY:
		put_values(
			out, "working-directory", &def->working_directory, 1);
		break;
	case STEP_GROUPS:
	case STEP_USER:
		put_values(out, "user", &def->user, 1);
		break;
	case STEP_GROUP:
		put_values(out, "group", &def->group, 1);
		break;
	case STEP_ENVIRONMENT:
		put_values(out, "environment-file", def->environment_file.item,
			def->environment_file.len);
		break;
	default:
		break;
	}
}

static bool
is_condition(uint32_t reason)
{
	return reason == REASON_CONDITION || reason == REASON_ASSERT ||
	       reason == REASON_WAIT_FOR;
}

/* The item itself of a condition, else the key of the step that failed. */
static void
put_key(struct fmt *out, const struct page_entry *entry, const struct def *def)
{
	const struct def_list *list =
		entry->reason == REASON_CONDITION ? &def->start_if
		: entry->reason == REASON_ASSERT  ? &def->asserts
						  : &def->wait_for;

	if (!is_condition(entry->reason))
		put_key_of_step(out, (uint32_t)entry->reason_arg >> 16, def);
	else if (entry->reason == REASON_WAIT_FOR)
		put_values(out, "wait-for", list->item, list->len);
	else if (entry->reason_arg >= 0 &&
		 (uint32_t)entry->reason_arg < list->len)
		put_values(out,
			entry->reason == REASON_ASSERT ? "assert" : "start-if",
			&list->item[entry->reason_arg], 1);
}

void
defs_explain(struct svctl *s, const struct page_entry *entry, struct fmt *out)
{
	const char *name = page_string(&s->map.view, entry->name_off);
	struct loaded_section section;
	struct load_text text;
	struct def_error error;
	void *memory = NULL;
	struct def def;

	if (entry->reason != REASON_EXEC_FAILED && !is_condition(entry->reason))
		return;
	if (defs_read_loaded(s, &text) == 0 &&
		defs_find(&text, name, &section) &&
		defs_parse(&section, &def, &memory, &error))
		put_key(out, entry, &def);
	free(memory);
	free(text.bytes);
}

static void
show_list(struct svctl *s, const char *label, const struct def_list *list)
{
	if (!list->len)
		return;
	fmt_printf(out_room(&s->out, OUT_PIECE), "%s%s",
		s->out.f.text[s->out.f.len - 1] == '\n' ? "   depends  " : "; ",
		label);
	for (unsigned i = 0; i < list->len; i++) {
		fmt_char(out_room(&s->out, OUT_PIECE), ' ');
		out_text(&s->out, list->item[i], SIZE_MAX);
	}
}

void
defs_show_depends(struct svctl *s, const char *name)
{
	struct loaded_section section;
	struct load_text text;
	struct def_error error;
	void *memory = NULL;
	struct def def;

	if (defs_read_loaded(s, &text) == 0 &&
		defs_find(&text, name, &section) &&
		defs_parse(&section, &def, &memory, &error)) {
		show_list(s, "requires", &def.requires);
		show_list(s, "binds-to", &def.binds_to);
		show_list(s, "requires-once", &def.requires_once);
		show_list(s, "wants", &def.wants);
		show_list(s, "part-of", &def.part_of);
		show_list(s, "conflicts", &def.conflicts);
		show_list(s, "on-failure", &def.on_failure);
		show_list(s, "provides", &def.provides);
		show_list(s, "after", &def.after);
		show_list(s, "before", &def.before);
		if (s->out.f.text[s->out.f.len - 1] != '\n')
			fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	}
	free(memory);
	free(text.bytes);
}
