#include "svctl/options.h"

#include <stddef.h>
#include <string.h>

#include "lib/duration.h"
#include "lib/name.h"
#include "lib/signame.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

const struct verb verbs[] = {
#define VERB(word, run, control, min, max, options, arguments, summary)        \
	{word, run, CONTROL_##control, min, max, options, arguments, summary},
#include "svctl/verbs.def"
#undef VERB
	{NULL, NULL, CONTROL_NONE, 0, 0, 0, NULL, NULL}};

enum takes {
	TAKES_NOTHING,
	TAKES_VALUE
};

/* Path options have no bit: they go to svctl.paths. */
static const struct option {
	const char *word;
	char letter; /* 0: none */
	enum takes takes;
	unsigned bit;
} options[] = {
	{"--json", 0, TAKES_NOTHING, OPT_JSON},
	{"--no-wait", 0, TAKES_NOTHING, OPT_NO_WAIT},
	{"--timeout", 0, TAKES_VALUE, OPT_TIMEOUT},
	{"--quiet", 'q', TAKES_NOTHING, OPT_QUIET},
	{"--in", 0, TAKES_VALUE, OPT_IN},
	{"--now", 0, TAKES_NOTHING, OPT_NOW},
	{"--runtime", 0, TAKES_NOTHING, OPT_RUNTIME},
	{"--for", 0, TAKES_VALUE, OPT_FOR},
	{"--any", 0, TAKES_NOTHING, OPT_ANY},
	{"--signal", 's', TAKES_VALUE, OPT_SIGNAL},
	{"--help", 'h', TAKES_NOTHING, OPT_HELP},
	{"--version", 0, TAKES_NOTHING, OPT_VERSION},
	{"--init", 0, TAKES_NOTHING, OPT_INIT},
	{"--follow", 'f', TAKES_NOTHING, OPT_FOLLOW},
	{"--lines", 'n', TAKES_VALUE, OPT_LINES},
	{"--since", 0, TAKES_VALUE, OPT_SINCE},
	{"--until", 0, TAKES_VALUE, OPT_UNTIL},
	{"--grep", 0, TAKES_VALUE, OPT_GREP},
	{"--unit", 'u', TAKES_VALUE, OPT_UNIT},
	{"--config-dir", 'c', TAKES_VALUE, 0},
	{"--run-dir", 'r', TAKES_VALUE, 0},
	{"--root", 0, TAKES_VALUE, 0},
	{"--user", 0, TAKES_NOTHING, 0},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* value is what stands behind '=' or the letter, or NULL. */
static const struct option *
find(const char *arg, const char **value)
{
	*value = NULL;
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &options[i];
		size_t len = strlen(o->word);

		if (!strncmp(arg, o->word, len) &&
			(!arg[len] || arg[len] == '=')) {
			*value = arg[len] ? arg + len + 1 : NULL;
			return o;
		}
		if (o->letter && arg[1] == o->letter) {
			*value = arg[2] ? arg + 2 : NULL;
			return o;
		}
	}
	return NULL;
}

static bool
parse_count(const char *text, uint32_t *count)
{
	*count = 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || *count > 99999999)
			return false;
		*count = *count * 10 + (uint32_t)(*text - '0');
	}
	return true;
}

static bool
take_log_value(struct log_options *log, unsigned bit, const char *value)
{
	if (bit == OPT_SINCE) {
		log->since = value;
	} else if (bit == OPT_UNTIL) {
		log->until = value;
	} else if (bit == OPT_GREP) {
		log->grep = value;
	} else if (bit == OPT_LINES) {
		if (!parse_count(value, &log->lines)) {
			out_error(value, "not a number of lines");
			return false;
		}
	} else if (log->units == LOG_UNITS_MAX) {
		out_error(value,
			"more than %d times -u; write the names "
			"behind the verb",
			LOG_UNITS_MAX);
		return false;
	} else {
		log->unit[log->units++] = value;
	}
	return true;
}

static bool
take_value(struct svctl *s, const struct option *o, const char *value)
{
	size_t len = strlen(value);

	if (o->bit & (OPT_LINES | OPT_SINCE | OPT_UNTIL | OPT_GREP | OPT_UNIT))
		return take_log_value(&s->log, o->bit, value);
	if (o->letter == 'c') {
		s->paths.config = value;
	} else if (o->letter == 'r') {
		s->paths.runtime = value;
	} else if (!o->bit) {
		s->paths.root = value;
	} else if (o->bit == OPT_IN) {
		s->target = value;
		if (!name_is_valid(value, len)) {
			out_error(value, "not the name of a target");
			return false;
		}
	} else if (o->bit == OPT_FOR) {
		s->until = value;
	} else if (o->bit == OPT_SIGNAL) {
		s->signal = signame_parse(value);
		if (s->signal <= 0) {
			out_error(value, "no such signal");
			return false;
		}
	} else if (!duration_parse(value, len, &s->timeout_ms)) {
		out_error(value, "not a time; write 10s, 500ms or 2min");
		return false;
	}
	return true;
}

static bool
say_unknown(const char *arg)
{
	unsigned best = name_reach(arg) + 1;
	const char *near = NULL;

	for (size_t i = 0; i < OPTIONS; i++) {
		unsigned distance = name_distance(arg, options[i].word, best);

		if (distance < best) {
			best = distance;
			near = options[i].word;
		}
	}
	if (near)
		out_error(arg, "unknown option; did you mean '%s'?", near);
	else
		out_error(arg, "unknown option; see `svctl help`");
	return false;
}

/* Takes argv[*at], and its value. */
static bool
take(struct svctl *s, int argc, char **argv, int *at)
{
	const char *value;
	const struct option *o = find(argv[*at], &value);

	if (!o)
		return say_unknown(argv[*at]);
	if (o->takes == TAKES_NOTHING && value) {
		out_error(o->word, "takes no value");
		return false;
	}
	s->given |= o->bit;
	if (o->takes == TAKES_NOTHING) {
		if (!o->bit)
			s->paths.is_user = true;
		return true;
	}
	if (!value && *at + 1 < argc)
		value = argv[++*at];
	if (!value || !*value) {
		out_error(o->word, "needs a value; see `svctl help`");
		return false;
	}
	return take_value(s, o, value);
}

int
options_parse(struct svctl *s, int argc, char **argv)
{
	bool is_over = false;
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (!is_over && !strcmp(argv[i], "--"))
			is_over = true;
		else if (is_over || argv[i][0] != '-' || !argv[i][1])
			argv[kept++] = argv[i];
		else if (!take(s, argc, argv, &i))
			return -1;
	}
	return kept;
}

bool
options_check(const struct svctl *s, const struct verb *verb)
{
	unsigned wrong = s->given & ~(verb->options | OPT_ALWAYS);

	for (size_t i = 0; i < OPTIONS; i++) {
		if (!(wrong & options[i].bit))
			continue;
		out_error(verb->word, "takes no %s; see `svctl help %s`",
			options[i].word, verb->word);
		return false;
	}
	return true;
}

const struct verb *
verb_find(const char *word)
{
	for (const struct verb *v = verbs; v->word; v++) {
		if (!strcmp(v->word, word))
			return v;
	}
	return NULL;
}
