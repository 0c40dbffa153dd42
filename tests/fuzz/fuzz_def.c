/*
 * lib/def.h and the modules below it: fragments, a form feed between them,
 * the first from tend.conf; one that begins with "64K:" stands for the
 * rest of it so often that it is longer than a line may be. The same definition
 * without comments, and from memory that just suffices; an error at a place of
 * the file; commands that split.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/lines.h"
#include "lib/name.h"
#include "lib/state.h"
#include "lib/words.h"
#include "tests/fuzz/fuzz.h"

#define MEMORY (1u << 20)

static char memory[3][MEMORY];
static bool is_long; /* a line may be too long only with its comment */

static void
check_error(const struct def_error *error, const char *text, size_t len)
{
	const char *line = text;
	char shown[512];
	struct fmt f;

	fmt_init(&f, shown, sizeof(shown));
	def_error_format(&f, error);
	REQUIRE(!f.is_cut && strstr(shown, error->text) != NULL);
	REQUIRE(strncmp(shown, error->file, strlen(error->file)) == 0);
	REQUIRE(error->text[0] != '\0' && error->line > 0);
	REQUIRE(memchr(error->text, '\0', sizeof(error->text)) != NULL);
	for (unsigned i = 1; i < error->line; i++) {
		line = memchr(line, '\n', len - (size_t)(line - text));
		REQUIRE(line++ != NULL);
	}
	REQUIRE(line + error->column <= text + len + 1);
}

static char *
take_text(const uint8_t *data, size_t *len)
{
	size_t unit = *len - 4;
	char *text;

	if (*len <= 4 || memcmp(data, "64K:", 4) != 0)
		return fuzz_copy(data, *len);
	is_long = true;
	*len = (LINES_MAX / unit + 2) * unit;
	text = malloc(*len);
	for (size_t i = 0; i < *len; i++)
		text[i] = (char)data[4 + i % unit];
	return text;
}

static bool
parse(const uint8_t *data, size_t size, bool is_stripped, struct arena *arena,
	struct def *def, struct def_error *error)
{
	const uint8_t *end = data + size;
	const char *file = "conf/tend.conf";

	def_init(def);
	for (;; file = "services/a", data++) {
		const uint8_t *stop = fuzz_part(data, end);
		size_t len = (size_t)(stop - data);
		char *text = take_text(data, &len);
		bool is_good;

		if (is_stripped)
			len = lines_strip(text, len);
		is_good = def_apply(def, arena, file, text, len, error);
		if (!is_good) {
			REQUIRE(error->file == file);
			check_error(error, text, len);
		}
		free(text);
		data = stop;
		if (!is_good)
			return false;
		if (data == end)
			return def_finish(def, error);
	}
}

static void
put_list(struct fmt *f, const struct def_list *list)
{
	for (unsigned i = 0; i < list->len; i++)
		fmt_printf(f, "%s\n", list->item[i]);
	fmt_char(f, '\f');
}

/* All that def says, as text to compare. */
static const char *
put_def(char *out, const struct def *def)
{
	struct fmt f;

	fmt_init(&f, out, MEMORY);
	fmt_printf(&f, "%s %s %s %s\n", def->description, def->user, def->group,
		def->working_directory);
	put_list(&f, &def->command);
	put_list(&f, &def->requires);
	put_list(&f, &def->wants);
	put_list(&f, &def->after);
	put_list(&f, &def->before);
	put_list(&f, &def->enable_in);
	put_list(&f, &def->environment);
	put_list(&f, &def->environment_file);
	for (unsigned i = 0; i < def->delays; i++)
		fmt_printf(&f, "%u ", def->delay_ms[i]);
	fmt_printf(&f, "%s %s %s %u %u %u %u %u\n", def->ready, def->health,
		def->pid_file, def->notify_access, def->health_interval_ms,
		def->health_timeout_ms, def->health_retries, def->watchdog_ms);
	fmt_printf(&f, "%u %u %u %u %u %u %u %u %u %u %u %u %u %s %s\n",
		def->limit_count, def->limit_ms, def->restart_reset_ms,
		def->start_timeout_ms, def->stop_timeout_ms, def->type,
		def->restart, def->kill_mode, def->log, def->stop_signal,
		def->reload_signal, def->autostart, def->remain_after_exit,
		def->source, def->command_file);
	for (unsigned i = 0; i < sizeof(def->is_set) / sizeof(def->is_set[0]);
		i++)
		fmt_printf(&f, "%llx ", (unsigned long long)def->is_set[i]);
	REQUIRE(!f.is_cut);
	return out;
}

/* Two definitions: whichever is the old one. */
static void
check_change(const struct def *def, struct arena *arena)
{
	static const char text[] = "command = a\nuser = b\nenvironment = A=1\n";
	struct def_error error;
	struct def other;

	def_init(&other);
	REQUIRE(def_apply(&other, arena, "x", text, sizeof(text) - 1, &error));
	REQUIRE(def_finish(&other, &error));
	REQUIRE(def_needs_restart(def, &other) ==
		def_needs_restart(&other, def));
	REQUIRE(def->command.len == 1 || def_needs_restart(def, &other));
	for (unsigned n = 0; def_key_name(n) != NULL; n++)
		REQUIRE(*def_key_name(n) != '\0');
}

static void
check_def(const struct def *def, struct arena *arena)
{
	struct def_error error;
	const char **words;
	bool flag[2];

	REQUIRE((def->type == TYPE_TARGET) == (def->command.len == 0));
	REQUIRE(def->type == TYPE_ONESHOT || def->command.len <= 1);
	REQUIRE(def->command.len <= DEF_COMMANDS_MAX);
	REQUIRE(def->delays <= DEF_DELAYS_MAX && def->delays > 0);
	REQUIRE((def->limit_count == 0) == (def->limit_ms == 0));
	REQUIRE(def->stop_signal > 0 && def->stop_signal <= 64);
	REQUIRE(!def_needs_restart(def, def));
	for (unsigned i = 0; i < def->command.len; i++) {
		const char *command = def_command_flags(
			def->command.item[i], &flag[0], &flag[1]);

		REQUIRE(words_split(command, WORDS_VARIABLES, NULL, arena,
			&words, NULL, &error));
	}
	for (unsigned i = 0; i < def->requires.len; i++)
		REQUIRE(name_is_valid(
			def->requires.item[i], strlen(def->requires.item[i])));
	for (unsigned i = 0; i < def->environment.len; i++) {
		REQUIRE(strchr(def->environment.item[i], '=') != NULL);
		REQUIRE(words_expand(def->environment.item[i],
				&(struct words_context){0}, arena) != NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena, scratch;
	struct def def, other;
	struct def_error error, other_error;
	bool is_good;
	size_t used;

	arena_init(&arena, memory[0], MEMORY / 2);
	is_long = false;
	is_good = parse(data, size, false, &arena, &def, &error);
	used = arena.used;
	arena_init(&scratch, memory[0] + MEMORY / 2, MEMORY / 2);
	REQUIRE(parse(data, size, true, &scratch, &other, &other_error) ==
			is_good ||
		(is_long && !is_good));
	if (is_good) {
		REQUIRE(strcmp(put_def(memory[1], &def),
				put_def(memory[2], &other)) == 0);
		REQUIRE(!def_needs_restart(&def, &other));
		arena_init(&scratch, memory[1], MEMORY);
		check_def(&def, &scratch);
		check_change(&def, &scratch);
	} else if (!is_long) {
		REQUIRE(strcmp(error.text, other_error.text) == 0);
		REQUIRE(error.line == other_error.line &&
			error.column == other_error.column);
	}
	if (used == 0)
		return 0;
	arena_init(&arena, memory[0], fuzz_pick(data, size, (uint32_t)used));
	REQUIRE(!parse(data, size, false, &arena, &def, &error));
	REQUIRE(strncmp(error.text, "too large", 9) == 0);
	return 0;
}
