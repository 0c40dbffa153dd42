#include "lib/def.h"

#include <signal.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def_value.h"
#include "lib/duration.h"
#include "lib/lines.h"
#include "lib/name.h"
#include "lib/probe.h"
#include "lib/state.h"

#define RESTART_RESET_MS 60000u
#define START_TIMEOUT_MS 60000u
#define STOP_TIMEOUT_MS	 10000u
#define NEAR_MAX	 2u /* edits between a mistyped key and a hint */

enum sort {
	SCALAR,
	LIST,
	COMMANDS
};

enum key_index {
#define KEY(name, symbol, sort, setter, member) KEY_##symbol,
#include "lib/keys.def"
#undef KEY
	KEYS
};

struct key {
	const char *name;
	uint8_t len; /* of the name: most are told apart by it */
	enum sort sort;
	def_setter *set;
	size_t offset; /* of the member in struct def */
	size_t size;
};

static const struct key keys[KEYS] = {
#define KEY(name, symbol, sort, setter, member)                                \
	{name, sizeof(name) - 1, sort, set_##setter,                           \
		offsetof(struct def, member),                                  \
		sizeof(((struct def *)0)->member)},
#include "lib/keys.def"
#undef KEY
};

_Static_assert(KEYS <= 64 * DEF_KEY_WORDS, "is_set has a bit for each key");

const char *
def_key_name(unsigned n)
{
	return n < KEYS ? keys[n].name : NULL;
}

void
def_init(struct def *def)
{
	memset(def, 0, sizeof(*def));
}

const char *
def_command_flags(const char *command, bool *may_fail, bool *is_privileged)
{
	*may_fail = false;
	*is_privileged = false;
	while (true) {
		if (*command == '-' && !*may_fail)
			*may_fail = true;
		else if (*command == '+' && !*is_privileged)
			*is_privileged = true;
		else
			break;
		command++;
	}
	while (*command == ' ' || *command == '\t')
		command++;
	return command;
}

/* The name of the key most like this one, NULL if none is near. */
static const char *
nearest_key(const char *text, size_t len)
{
	char word[64];
	const char *nearest = NULL;
	unsigned best = NEAR_MAX + 1;

	if (len >= sizeof(word))
		return NULL;
	memcpy(word, text, len);
	word[len] = '\0';
	for (unsigned i = 0; i < KEYS; i++) {
		unsigned distance = name_distance(word, keys[i].name, NEAR_MAX);

		/* "x" is not a way to write "log". */
		if (distance < best && distance < len) {
			best = distance;
			nearest = keys[i].name;
		}
	}
	return nearest;
}

/* KEYS if there is no such key. */
static unsigned
find_key(const struct lines_pair *pair, struct def_error *error)
{
	const char *near;
	int len = pair->key_len > 40 ? 40 : (int)pair->key_len;

	for (unsigned i = 0; i < KEYS; i++)
		if (keys[i].len == pair->key_len &&
			memcmp(keys[i].name, pair->key, pair->key_len) == 0)
			return i;
	near = nearest_key(pair->key, pair->key_len);
	if (near != NULL)
		def_error_text(error, "unknown key '%.*s'; did you mean '%s'?",
			len, pair->key, near);
	else
		def_error_text(error,
			"unknown key '%.*s'; tend-service(5) lists the keys",
			len, pair->key);
	error->line = pair->line;
	error->column = pair->column;
	return KEYS;
}

static void
clear(struct def *def, const struct key *key, unsigned n)
{
	void *member = (char *)def + key->offset;

	def->is_set[n / 64] &= ~(1ull << n % 64);
	if (key->sort == SCALAR)
		memset(member, 0, key->size);
	else
		((struct def_list *)member)->len = 0;
}

/* seen: the lines on which this fragment has given each key, 0 for none. */
static bool
apply_pair(struct def *def, struct arena *arena, const char *file,
	const struct lines_pair *pair, unsigned *seen, struct def_error *error)
{
	unsigned n = find_key(pair, error);
	struct def_value value = {
		.pair = pair, .arena = arena, .def = def, .error = error};
	const struct key *key;

	if (n == KEYS)
		return false;
	key = &keys[n];
	if (key->sort == SCALAR && seen[n] != 0) {
		def_error_text(error,
			"'%s' is already set in line %u; keep "
			"one of the two",
			key->name, seen[n]);
		error->line = pair->line;
		error->column = pair->column;
		return false;
	}
	if (pair->value_len == 0 || key->sort == SCALAR ||
		(key->sort == COMMANDS && seen[n] == 0))
		clear(def, key, n);
	seen[n] = pair->line;
	if (pair->value_len == 0)
		return true;
	value.text = arena_alloc(arena, pair->value_len + 1);
	if (value.text == NULL)
		return def_value_too_large(&value);
	value.len = lines_join(pair, value.text);
	if (n == KEY_COMMAND)
		def->command_file = file;
	if (!key->set(&value, (char *)def + key->offset))
		return false;
	def->is_set[n / 64] |= 1ull << n % 64;
	return true;
}

static bool
is_settings_file(const char *file)
{
	const char *name = strrchr(file, '/');

	/* With the slash: "extend.conf" is a good name for a service. */
	return name != NULL && strcmp(name, "/tend.conf") == 0;
}

bool
def_apply(struct def *def, struct arena *arena, const char *file,
	const char *text, size_t len, struct def_error *error)
{
	unsigned seen[KEYS] = {0};
	struct lines lines;
	struct lines_pair pair;
	enum lines_result result;

	memset(error, 0, sizeof(*error));
	error->file = file;
	if (file != NULL &&
		(def->source == NULL || is_settings_file(def->source)))
		def->source = file;
	lines_init(&lines, text, len);
	while ((result = lines_next(&lines, &pair, error)) == LINES_PAIR)
		if (!apply_pair(def, arena, file, &pair, seen, error))
			return false;
	return result == LINES_END;
}

static bool
is_set(const struct def *def, enum key_index n)
{
	return (def->is_set[n / 64] >> n % 64 & 1) != 0;
}

bool
def_is_timed(const struct def *def)
{
	return def->every_ms != 0 || def->at.len > 0;
}

static void
fill_in(struct def *def)
{
	static const uint32_t delays[] = {
		0, 200, 1000, 2000, 5000, 10000, 30000};
	bool is_oneshot = def->type == TYPE_ONESHOT;

	if (!is_set(def, KEY_RESTART))
		def->restart = is_oneshot ? RESTART_NEVER : RESTART_ALWAYS;
	if (!is_set(def, KEY_RESTART_DELAY)) {
		memcpy(def->delay_ms, delays, sizeof(delays));
		def->delays = sizeof(delays) / sizeof(delays[0]);
	}
	if (!is_set(def, KEY_RESTART_LIMIT))
		def->limit_ms = 0;
	if (!is_set(def, KEY_RESTART_RESET))
		def->restart_reset_ms = RESTART_RESET_MS;
	if (!is_set(def, KEY_START_TIMEOUT))
		def->start_timeout_ms =
			is_oneshot ? DURATION_NONE : START_TIMEOUT_MS;
	if (!is_set(def, KEY_STOP_TIMEOUT))
		def->stop_timeout_ms = STOP_TIMEOUT_MS;
	if (!is_set(def, KEY_STOP_SIGNAL))
		def->stop_signal = SIGTERM;
	if (!is_set(def, KEY_LOG_STREAMS))
		def->log_streams = true;
	if (!is_set(def, KEY_LOG_SIZE))
		def->log_size = DEF_LOG_SIZE;
	if (!is_set(def, KEY_LOG_KEEP))
		def->log_keep = DEF_LOG_KEEP;
	if (!is_set(def, KEY_LOG_LINE_MAX))
		def->log_line_max = DEF_LOG_LINE_MAX;
	/* Without an end a check would hang, without a pause it would burn. */
	if (def->health_interval_ms == DURATION_NONE)
		def->health_interval_ms = DEF_HEALTH_INTERVAL_MS;
	if (def->health_timeout_ms == DURATION_NONE)
		def->health_timeout_ms = DEF_HEALTH_TIMEOUT_MS;
	if (!is_set(def, KEY_HEALTH_RETRIES))
		def->health_retries = DEF_HEALTH_RETRIES;
	if (!is_set(def, KEY_AUTOSTART))
		def->autostart = true;
	if (!is_set(def, KEY_REMAIN_AFTER_EXIT))
		def->remain_after_exit = !def_is_timed(def);
}

static bool
has_hooks(const struct def *def)
{
	for (unsigned part = 0; part < PART_CHECK; part++)
		if (def->hook[part].len > 0)
			return true;
	return false;
}

bool
def_has_notify(const struct def *def)
{
	struct probe probe;

	return def->notify_access != ACCESS_NONE ||
	       def->watchdog_ms != DURATION_NONE ||
	       (def->ready && probe_parse(def->ready, &probe) == PROBE_OK &&
		       probe.kind == PROBE_NOTIFY);
}

static bool
is_pid_file(const char *form)
{
	struct probe probe;

	return form && probe_parse(form, &probe) == PROBE_OK &&
	       probe.kind == PROBE_PID_FILE;
}

bool
def_is_output_tty(const struct def *def)
{
	return def->tty != NULL && def->log == LOG_TO_DEFAULT;
}

/* What it needs a terminal for, and has none. */
static bool
lacks_tty(const struct def *def, struct def_error *error)
{
	if (def->tty != NULL || def->standard_input == NULL ||
		strcmp(def->standard_input, "tty") != 0)
		return false;
	def_error_text(error, "stdin = tty needs a terminal; add "
			      "tty = /dev/...");
	return true;
}

/* Keys of times, where they mean nothing. */
static bool
is_wrongly_timed(const struct def *def, struct def_error *error)
{
	if (def_is_timed(def) && def->type != TYPE_ONESHOT) {
		def_error_text(error, "only a oneshot runs at times; add "
				      "'type = oneshot', or remove every and "
				      "at");
		return true;
	}
	if (def_is_timed(def) || (!def->catch_up && def->random_delay_ms == 0))
		return false;
	def_error_text(error, "%s means nothing without every or at",
		def->catch_up ? "catch-up" : "random-delay");
	return true;
}

bool
def_finish(struct def *def, struct def_error *error)
{
	memset(error, 0, sizeof(*error));
	error->file = def->source;
	fill_in(def);
	if (!def->pid_file &&
		(is_pid_file(def->ready) || is_pid_file(def->health))) {
		def_error_text(error, "which file? add 'pid-file = PATH'");
		return false;
	}
	if (lacks_tty(def, error) || is_wrongly_timed(def, error))
		return false;
	if (def->type == TYPE_TARGET && has_hooks(def)) {
		def_error_text(error, "a target runs nothing, so there is "
				      "nothing to run before or after it; "
				      "write type = oneshot");
		return false;
	}
	if (def->type != TYPE_TARGET && def->command.len == 0) {
		def_error_text(error,
			"no command; add 'command = PROGRAM ARGS', or "
			"'type = target' if it only groups others");
		return false;
	}
	if (def->command.len == 0)
		return true;
	error->file = def->command_file;
	error->line = def->command_line;
	if (def->type == TYPE_TARGET) {
		def_error_text(error, "a target runs nothing; remove its "
				      "command, or write type = oneshot");
		return false;
	}
	if (def->type != TYPE_ONESHOT && def->command.len > 1) {
		def_error_text(error,
			"command is given %u times, and only a "
			"oneshot runs several; keep one",
			def->command.len);
		return false;
	}
	return true;
}
