#include "lib/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/lines.h"
#include "lib/load.h"
#include "lib/name.h"
#include "lib/size.h"
#include "lib/source.h"
#include "lib/text.h"
#include "lib/words.h"

#define DEFAULT_PREFIX	  "default-"
#define DEFAULT_LEN	  (sizeof(DEFAULT_PREFIX) - 1)
#define VALUE_CAP	  1024 /* longer values are errors */
#define ARENA_BYTES	  (1u << 20)
#define NEAR_MAX	  2u
#define GROUP_CAP	  64
#define STATUS_MODE_NEVER 0133u /* bits that the page's mode may not have */

/* One tend.conf while it is being read. */
struct settings {
	struct load *load;
	const char *root; /* of the image, "" for none */
	const char *file;
	struct load_text defaults; /* default-KEY lines in their places */
	unsigned defaults_line;	   /* the line that is written next, from 1 */
	struct def_error error;
};

typedef bool setting(struct settings *s, const char *value);

static bool
set_start(struct settings *s, const char *value)
{
	bool is_all = strcmp(value, "all") == 0;

	if (!is_all && strcmp(value, "enabled") != 0) {
		def_error_text(
			&s->error, "'%s' is neither all nor enabled", value);
		return false;
	}
	s->load->settings.is_start_set = true;
	s->load->settings.start_all = is_all;
	return true;
}

static bool
take_group(struct settings *s, const char *value, char out[GROUP_CAP])
{
	size_t len = strlen(value);

	if (len >= GROUP_CAP || strcspn(value, " \t:/") != len) {
		def_error_text(&s->error, "'%s' is no name of a group", value);
		return false;
	}
	memcpy(out, value, len + 1);
	return true;
}

static bool
set_control_group(struct settings *s, const char *value)
{
	return take_group(s, value, s->load->settings.control_group);
}

static bool
set_log_group(struct settings *s, const char *value)
{
	return take_group(s, value, s->load->settings.log_group);
}

static bool
set_log_format(struct settings *s, const char *value)
{
	bool is_json = strcmp(value, "json") == 0;

	if (!is_json && strcmp(value, "text") != 0) {
		def_error_text(
			&s->error, "'%s' is neither text nor json", value);
		return false;
	}
	s->load->settings.is_log_json = is_json;
	return true;
}

static bool
set_log_syslog(struct settings *s, const char *value)
{
	size_t len = strlen(value);
	struct logaddr addr;
	const char *wrong = len < LOGADDR_CAP ? logaddr_parse(&addr, value, len)
					      : "it is too long";

	if (wrong) {
		def_error_text(&s->error,
			"%s; write unix:/dev/log, udp:HOST:PORT or "
			"tcp:HOST:PORT",
			wrong);
		return false;
	}
	memcpy(s->load->settings.log_syslog, value, len + 1);
	return true;
}

static bool
set_log_max_total(struct settings *s, const char *value)
{
	s->load->settings.is_log_max_total_set = true;
	if (size_parse(value, strlen(value), &s->load->settings.log_max_total))
		return true;
	def_error_text(&s->error,
		"'%s' is no size; write bytes, or 64K, 10M, 1G, or infinity",
		value);
	return false;
}

static bool
set_log_sources(struct settings *s, const char *value)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} words[] = {
		{LOAD_SYSLOG_NAME, LOAD_SYSLOG}, {LOAD_KMSG_NAME, LOAD_KMSG}};
	uint8_t sources = 0;

	while (*value != '\0') {
		size_t len = strcspn(value, " \t");
		uint8_t bit = 0;

		for (unsigned i = 0; i < 2; i++)
			if (strlen(words[i].word) == len &&
				memcmp(words[i].word, value, len) == 0)
				bit = words[i].bit;
		if (len > 0 && bit == 0) {
			def_error_text(&s->error,
				"'%.*s' is neither syslog nor kmsg", (int)len,
				value);
			return false;
		}
		sources |= bit;
		value += len + (value[len] != '\0');
	}
	s->load->settings.log_sources = sources;
	return true;
}

static bool
set_log_syslog_socket(struct settings *s, const char *value)
{
	size_t len = strlen(value);

	if (*value != '/' || len >= LOAD_SOCKET_CAP) {
		def_error_text(&s->error,
			"not an absolute path of at most %d bytes",
			LOAD_SOCKET_CAP - 1);
		return false;
	}
	memcpy(s->load->settings.log_syslog_socket, value, len + 1);
	return true;
}

static bool
set_status_mode(struct settings *s, const char *value)
{
	uint32_t mode = 0;
	size_t len = strlen(value);

	if (len >= 3 && len <= 4)
		for (; *value >= '0' && *value <= '7'; value++)
			mode = mode * 8 + (uint32_t)(*value - '0');
	if (*value != '\0' || (mode & 0600) != 0600 || mode > 0777 ||
		(mode & STATUS_MODE_NEVER) != 0) {
		def_error_text(&s->error, "not a mode such as 0644, 0640 or "
					  "0600");
		return false;
	}
	s->load->settings.status_mode = mode;
	return true;
}

static bool
take_duration(struct settings *s, const char *value, uint32_t *ms)
{
	if (duration_parse(value, strlen(value), ms))
		return true;
	def_error_text(&s->error,
		"'%s' is no duration; write 28s, 500ms, 1min or 0", value);
	return false;
}

static bool
set_stop_budget(struct settings *s, const char *value)
{
	return take_duration(s, value, &s->load->settings.stop_budget_ms);
}

static bool
set_drain(struct settings *s, const char *value)
{
	return take_duration(s, value, &s->load->settings.drain_ms);
}

static bool
set_drain_command(struct settings *s, const char *value)
{
	size_t len = strlen(value);
	unsigned column = s->error.column;

	if (len >= LOAD_COMMAND_CAP) {
		def_error_text(&s->error, "longer than %d bytes",
			LOAD_COMMAND_CAP - 1);
		return false;
	}
	if (!words_check(value, WORDS_VARIABLES, &s->error)) {
		s->error.column += column - 1;
		return false;
	}
	memcpy(s->load->settings.drain_command, value, len + 1);
	return true;
}

static bool
set_service_path(struct settings *s, const char *value)
{
	struct fmt f;

	fmt_init(&f, s->load->settings.service_path, PATHS_CAP);
	while (*value != '\0') {
		size_t len = strcspn(value, " \t");

		if (len > 0 && *value != '/') {
			def_error_text(&s->error,
				"'%.*s' is not an absolute path; begin it "
				"with /",
				(int)len, value);
			return false;
		}
		if (len > 0) {
			if (f.len > 0)
				fmt_char(&f, ' ');
			fmt_str(&f, s->root);
			fmt_bytes(&f, value, len);
		}
		value += len + (value[len] != '\0');
	}
	if (f.is_cut)
		def_error_text(
			&s->error, "longer than %d bytes", PATHS_CAP - 1);
	return !f.is_cut;
}

static const struct {
	const char *name;
	setting *set;
} settings[] = {
	{"start", set_start},
	{"control-group", set_control_group},
	{"status-mode", set_status_mode},
	{"service-path", set_service_path},
	{"stop-budget", set_stop_budget},
	{"drain", set_drain},
	{"drain-command", set_drain_command},
	{"log-format", set_log_format},
	{"log-group", set_log_group},
	{"log-max-total", set_log_max_total},
	{"log-syslog", set_log_syslog},
	{"log-sources", set_log_sources},
	{"log-syslog-socket", set_log_syslog_socket},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static bool
fail_unknown(struct settings *s, const char *key)
{
	for (unsigned i = 0; i < SETTINGS; i++) {
		if (name_distance(key, settings[i].name, NEAR_MAX) > NEAR_MAX)
			continue;
		def_error_text(&s->error,
			"unknown key '%s'; did you mean '%s'?", key,
			settings[i].name);
		return false;
	}
	def_error_text(&s->error,
		"unknown key '%s'; here start, control-group, status-mode, "
		"service-path, stop-budget, drain, drain-command, log-format, "
		"log-group, log-max-total, "
		"log-syslog, log-sources, log-syslog-socket and default-KEY "
		"may stand",
		key);
	return false;
}

/* Copies the line with its place kept and `default-` as blanks. */
static bool
take_default(struct settings *s, const struct lines_pair *pair)
{
	const char *key = pair->key + DEFAULT_LEN;
	size_t len = (size_t)(pair->value + pair->value_len - key);
	bool is_done = true;

	for (; s->defaults_line < pair->line; s->defaults_line++)
		is_done = is_done && text_add(&s->defaults, "\n", 1);
	for (size_t i = 1; i < pair->column + DEFAULT_LEN; i++)
		is_done = is_done && text_add(&s->defaults, " ", 1);
	is_done = is_done && text_add(&s->defaults, key, len) &&
		  text_add(&s->defaults, "\n", 1);
	for (size_t i = 0; i < len; i++)
		s->defaults_line += key[i] == '\n';
	s->defaults_line++;
	if (!is_done)
		def_error_text(&s->error, "out of memory");
	return is_done;
}

/* seen: the settings that this file has given, a bit each. */
static bool
take_pair(struct settings *s, const struct lines_pair *pair, unsigned *seen)
{
	char key[64], value[VALUE_CAP + 1];
	size_t len = pair->key_len < 63 ? pair->key_len : 63;
	unsigned n = 0;

	s->error.line = pair->line;
	s->error.column = pair->column;
	if (pair->key_len > DEFAULT_LEN &&
		memcmp(pair->key, DEFAULT_PREFIX, DEFAULT_LEN) == 0)
		return take_default(s, pair);
	memcpy(key, pair->key, len);
	key[len] = '\0';
	while (n < SETTINGS && strcmp(settings[n].name, key) != 0)
		n++;
	if (n == SETTINGS)
		return fail_unknown(s, key);
	if ((*seen >> n & 1) != 0) {
		def_error_text(&s->error, "'%s' is set twice", key);
		return false;
	}
	*seen |= 1u << n;
	if (pair->value_len > VALUE_CAP) {
		def_error_text(&s->error, "longer than %d bytes", VALUE_CAP);
		return false;
	}
	lines_join(pair, value);
	s->error.line = pair->value_line;
	s->error.column = pair->value_column;
	return settings[n].set(s, value);
}

/* Are the default-KEY lines good? Else each service would be invalid. */
static bool
check_defaults(struct settings *s)
{
	void *memory = malloc(ARENA_BYTES);
	struct arena arena;
	struct def def;
	bool is_good;

	if (memory == NULL) {
		def_error_text(&s->error, "out of memory");
		return false;
	}
	arena_init(&arena, memory, ARENA_BYTES);
	def_init(&def);
	is_good = def_apply(&def, &arena, s->file, s->defaults.bytes,
		s->defaults.len, &s->error);
	free(memory);
	return is_good;
}

static bool
take_file(struct settings *s, const char *bytes, size_t len)
{
	struct load_text all = {s->load->defaults, s->load->defaults_len,
		s->load->defaults_len};
	struct lines lines;
	struct lines_pair pair;
	enum lines_result result;
	unsigned seen = 0;
	bool is_good;

	s->defaults_line = 1;
	lines_init(&lines, bytes, len);
	while ((result = lines_next(&lines, &pair, &s->error)) == LINES_PAIR)
		if (!take_pair(s, &pair, &seen))
			return false;
	if (result == LINES_ERROR)
		return false;
	if (s->defaults.len == 0)
		return true;
	if (!check_defaults(s))
		return false;
	is_good = text_add_fragment(
		&all, '+', s->file, s->defaults.bytes, s->defaults.len);
	s->load->defaults = all.bytes;
	s->load->defaults_len = all.len;
	return is_good;
}

/* One tend.conf; buffer is for its bytes. */
static bool
read_root(struct settings *s, char *buffer, char *problem)
{
	struct fmt f;
	size_t len;
	bool is_good = true;

	memset(&s->error, 0, sizeof(s->error));
	s->error.file = s->file;
	switch (source_read(
		AT_FDCWD, s->file, s->file, buffer, &len, problem)) {
	case SOURCE_BAD:
		return false;
	case SOURCE_OK:
		is_good = take_file(s, buffer, len);
		break;
	case SOURCE_NONE:
	case SOURCE_EMPTY:
		break;
	}
	if (!is_good) {
		fmt_init(&f, problem, SOURCE_PROBLEM_CAP);
		def_error_format(&f, &s->error);
	}
	free(s->defaults.bytes);
	memset(&s->defaults, 0, sizeof(s->defaults));
	return is_good;
}

bool
settings_read(
	struct load *load, const char *root, char *message, size_t message_cap)
{
	struct settings s = {.load = load, .root = root != NULL ? root : ""};
	char problem[SOURCE_PROBLEM_CAP] = "out of memory";
	char file[PATHS_CAP + 16];
	char *buffer = malloc(LOAD_FILE_MAX + 2);
	bool is_good = buffer != NULL;
	struct fmt f;

	s.file = file;
	for (unsigned i = load->roots; is_good && i-- > 0;) {
		fmt_init(&f, file, sizeof(file));
		fmt_printf(&f, "%s/tend.conf", load->root[i]);
		is_good = read_root(&s, buffer, problem);
	}
	free(buffer);
	if (!is_good) {
		fmt_init(&f, message, message_cap);
		fmt_str(&f, problem);
	}
	return is_good;
}

bool
settings_is_source(const struct load_settings *given, const char *name)
{
	return ((given->log_sources & LOAD_SYSLOG) != 0 &&
		       strcmp(name, LOAD_SYSLOG_NAME) == 0) ||
	       ((given->log_sources & LOAD_KMSG) != 0 &&
		       strcmp(name, LOAD_KMSG_NAME) == 0);
}
