#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "supervisor/build_private.h"

/* Longer than any line without its processor. */
#define LINE_CAP 768

/* So many services may log one to the other; more are taken for a mistake. */
#define CHAIN_MAX 16u

static void
append(struct build *b, const char *text, size_t len)
{
	if (b->logs_len + len > b->logs_cap) {
		size_t cap = (b->logs_cap + len) * 2;
		char *more = realloc(b->logs, cap);

		if (!more) {
			b->is_out_of_memory = true;
			return;
		}
		b->logs = more;
		b->logs_cap = cap;
	}
	memcpy(b->logs + b->logs_len, text, len);
	b->logs_len += len;
}

/* Where the line of a service is in b->logs, and its length; NULL: none. */
static char *
find_line(const struct build *b, const char *name, size_t *len)
{
	size_t name_len = strlen(name);
	size_t at = 0;

	while (at < b->logs_len) {
		char *line = b->logs + at;
		const char *end = memchr(line, '\n', b->logs_len - at);

		*len = end ? (size_t)(end - line) : b->logs_len - at;
		if (*len > name_len && line[name_len] == ' ' &&
			memcmp(line, name, name_len) == 0)
			return line;
		at += *len + 1;
	}
	return NULL;
}

/* In its line the name of the service takes the place of another one. */
static void
rename_sink(struct build *b, const struct build_svc *svc, const char *name,
	const char *alias)
{
	static const char before[] = "service:";
	size_t alias_len = strlen(alias), name_len = strlen(name), len, at;
	char *line = find_line(b, build_string(b, svc->name), &len);
	const char *word =
		line ? memmem(line, len, before, sizeof(before) - 1) : NULL;

	if (!word)
		return;
	at = (size_t)(word - b->logs) + sizeof(before) - 1;
	/* Room for what it may be longer; the bytes are moved over below. */
	append(b, name, name_len);
	if (b->is_out_of_memory)
		return;
	b->logs_len -= name_len;
	memmove(b->logs + at + name_len, b->logs + at + alias_len,
		b->logs_len - at - alias_len);
	memcpy(b->logs + at, name, name_len);
	b->logs_len = b->logs_len - alias_len + name_len;
}

void
build_set_sink(struct build *b, struct build_svc *svc, struct build_svc *to,
	const char *name)
{
	char text[BUILD_TEXT];

	if (!to) {
		build_unknown_name(b, svc, "log", name, text);
		build_reject(b, svc, text);
		return;
	}
	to->is_sink = true;
	svc->sink = (uint32_t)(to - b->svc) + 1;
	if (strcmp(build_string(b, to->name), name) != 0)
		rename_sink(b, svc, build_string(b, to->name), name);
	if (to != svc)
		build_add_edge(b, svc->id, to->id, EDGE_WANTS | EDGE_IMPLIED);
}

void
build_take_sink(struct build *b, struct build_svc *svc, const struct def *def)
{
	struct build_svc *to;

	if ((def->log & LOG_TO_SERVICE) == 0)
		return;
	to = build_find(b, def->log_service);
	if (to)
		build_set_sink(b, svc, to, def->log_service);
	else
		build_put_off_sink(b, svc, def->log_service);
}

/*
 * By the order between them it would be a cycle as well, unless somebody has
 * turned that around with `after`; the lines would go round all the same.
 */
static void
check_sink(struct build *b, struct build_svc *svc)
{
	const struct build_svc *at = svc;
	char text[BUILD_TEXT];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	fmt_printf(&f, "log: %s", build_string(b, svc->name));
	for (unsigned i = 0; at->sink != 0; i++) {
		at = &b->svc[at->sink - 1];
		fmt_printf(&f, " -> %s", build_string(b, at->name));
		if (at == svc || i == CHAIN_MAX) {
			fmt_str(&f, at == svc ? ": its lines would come back"
					      : ": too many");
			build_reject(b, svc, text);
			return;
		}
	}
}

void
build_check_sinks(struct build *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		check_sink(b, &b->svc[i]);
}

static void
put_destinations(struct fmt *f, const struct def *def)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} words[] = {{"file", LOG_TO_FILE}, {"stdout", LOG_TO_STDOUT},
		{"syslog", LOG_TO_SYSLOG}};
	const char *between = "";

	if (def->log == LOG_TO_DEFAULT)
		fmt_str(f, BUILD_LOG_DEFAULT);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((def->log & words[i].bit) != 0) {
			fmt_printf(f, "%s%s", between, words[i].word);
			between = ",";
		}
	if ((def->log & LOG_TO_SERVICE) != 0)
		fmt_printf(f, "%sservice:%s", between, def->log_service);
}

void
build_add_log(struct build *b, const char *name, const struct def *def)
{
	char line[LINE_CAP];
	struct fmt f;

	if ((def->log & LOG_TO_NONE) != 0 || def->type == TYPE_TARGET ||
		def_is_output_tty(def))
		return;
	fmt_init(&f, line, sizeof(line));
	fmt_printf(&f, "%s to=", name);
	put_destinations(&f, def);
	fmt_printf(&f, " streams=%d size=%llu keep=%u line-max=%u",
		def->log_streams ? 2 : 1, (unsigned long long)def->log_size,
		def->log_keep, def->log_line_max);
	fmt_printf(&f, " overflow=%s age=%u",
		def->log_overflow == OVERFLOW_DROP ? "drop" : "block",
		(def->log_age_ms + 999) / 1000);
	append(b, line, f.len);
	if (def->log_processor) {
		append(b, " processor=", sizeof(" processor=") - 1);
		append(b, def->log_processor, strlen(def->log_processor));
	}
	append(b, "\n", 1);
}
