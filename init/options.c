#include "init/options.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "lib/signame.h"

#define DUMB_SIGNALS 31

static void
give_verdict(struct options *o, enum options_verdict verdict)
{
	if (o->verdict == OPTIONS_RUN)
		o->verdict = verdict;
}

static void
blame(struct options *o, const char *bad, const char *problem)
{
	if (o->verdict != OPTIONS_RUN)
		return;
	o->verdict = OPTIONS_BAD;
	o->bad = bad;
	o->problem = problem;
}

static void
blame_letter(struct options *o, char letter, const char *problem)
{
	if (o->verdict != OPTIONS_RUN)
		return;
	o->letter[0] = '-';
	o->letter[1] = letter;
	blame(o, o->letter, problem);
}

/* value NULL: there is none. */
static void
pass_on(struct options *o, const char *word, const char *value)
{
	if (o->words_len > OPTIONS_WORDS - 3) {
		blame(o, word, "too many words");
		return;
	}
	o->words[o->words_len++] = word;
	if (value)
		o->words[o->words_len++] = value;
}

/* Digits up to end and no more than most; -1: something else. */
static int
number(const char *text, char end, int most)
{
	int n = 0;

	if (*text == end)
		return -1;
	for (; *text >= '0' && *text <= '9' && n <= most; text++)
		n = n * 10 + *text - '0';
	return *text == end && n <= most ? n : -1;
}

static void
take_status(struct options *o, const char *text)
{
	int n = number(text, '\0', 255);

	if (n < 0)
		blame(o, text, "an exit status is a number from 0 to 255");
	else
		o->to_zero[n / 32] |= UINT32_C(1) << n % 32;
}

static void
take_rewrite(struct options *o, const char *text)
{
	const char *colon = strchr(text, ':');
	int from = number(text, ':', DUMB_SIGNALS);
	int to = colon ? number(colon + 1, '\0', DUMB_SIGNALS) : -1;

	if (from < 1 || to < 0)
		blame(o, text, "write SIGNAL:SIGNAL, both numbers up to 31");
	else
		o->becomes[from] = to == 0 ? OPTIONS_DROP : (uint8_t)to;
}

static void
take_wait(struct options *o, const char *word)
{
	static const char *const words[] = {"main", "group", "all"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, words[i])) {
			o->wait = (enum options_wait)i;
			return;
		}
	blame(o, word, "write --wait=main, --wait=group or --wait=all");
}

static void
set_session(struct options *o, bool in_session)
{
	o->in_session = in_session;
	o->to_group = in_session;
}

/* False: it is none of those for the supervisor. */
static bool
take_supervised(struct options *o, const char *word)
{
	if (!strcmp(word, "--doctor"))
		o->is_doctor = true;
	else if (!strncmp(word, "--stop-budget=", 14) ||
		 !strncmp(word, "--drain=", 8))
		o->is_supervised = true;
	else
		return false;
	pass_on(o, word, NULL);
	return true;
}

static void
take_long(struct options *o, const char *word)
{
	if (!strcmp(word, "--help"))
		give_verdict(o, OPTIONS_HELP);
	else if (!strcmp(word, "--version"))
		give_verdict(o, OPTIONS_VERSION);
	else if (!strcmp(word, "--container"))
		o->place = PLACE_CONTAINER;
	else if (!strcmp(word, "--machine"))
		o->place = PLACE_MACHINE;
	else if (!strcmp(word, "--single-child"))
		set_session(o, false);
	else if (!strcmp(word, "--verbose"))
		o->verbosity++;
	else if (!strncmp(word, "--rewrite=", 10))
		take_rewrite(o, word + 10);
	else if (!strncmp(word, "--wait=", 7))
		take_wait(o, word + 7);
	else if (!take_supervised(o, word))
		blame(o, word, "unknown option");
}

static void
take_value(struct options *o, char letter, const char *value)
{
	switch (letter) {
	case 'S':
		o->is_supervised = true;
		pass_on(o, "-S", value);
		break;
	case 'c':
		o->config = value;
		pass_on(o, "-c", value);
		break;
	case 'e':
		take_status(o, value);
		break;
	case 'p':
		o->parent_death = (uint8_t)signame_parse(value);
		if (o->parent_death == 0)
			blame(o, value, "no such signal");
		break;
	default:
		/* A directory of that name can be written ./15:9. */
		if (o->like == LIKE_DUMB_INIT || number(value, ':', 999) >= 0) {
			take_rewrite(o, value);
			break;
		}
		o->runtime = value;
		pass_on(o, "-r", value);
		break;
	}
}

static bool
take_flag(struct options *o, char letter)
{
	switch (letter) {
	case 'h':
		give_verdict(o, OPTIONS_HELP);
		break;
	case 'V':
		give_verdict(o, OPTIONS_VERSION);
		break;
	case 'l':
	case 'L':
		give_verdict(o, OPTIONS_LICENSE);
		break;
	case 'g':
		o->to_group = true;
		break;
	case 'P':
		o->is_pause = true;
		break;
	case 's':
		break;
	case 'v':
		if (o->verbosity < UINT8_MAX)
			o->verbosity++;
		break;
	case 'w':
		o->shows_reaped = true;
		break;
	default:
		return false;
	}
	return true;
}

/* -c is dumb-init's where no directory can be meant. */
static bool
is_single_child(const struct options *o, const char *at, char **argv)
{
	return *at == 'c' && (o->like == LIKE_DUMB_INIT ||
				     (!at[1] && argv[1] && argv[1][0] == '-'));
}

/* Those of the others that init's own name does not know. */
static bool
is_known(const struct options *o, char letter)
{
	switch (o->like) {
	case LIKE_TINI:
		return strchr("hspvwgel", letter) != NULL;
	case LIKE_DUMB_INIT:
		return strchr("hvVcr", letter) != NULL;
	case LIKE_CATATONIT:
		return strchr("hgLPV", letter) != NULL;
	case LIKE_INIT:
		break;
	}
	return true;
}

/* Takes a group such as -gs or -e143; returns how many words it filled. */
static int
take_short(struct options *o, char **argv)
{
	for (const char *at = argv[0] + 1; *at; at++) {
		bool is_ours = is_known(o, *at);

		if (is_ours && is_single_child(o, at, argv)) {
			set_session(o, false);
		} else if (is_ours && strchr("Scepr", *at)) {
			if (at[1]) {
				take_value(o, *at, at + 1);
				return 1;
			}
			if (argv[1]) {
				take_value(o, *at, argv[1]);
				return 2;
			}
			blame_letter(o, *at, "needs an argument");
			return 1;
		} else if (!is_ours || !take_flag(o, *at)) {
			blame_letter(o, *at, "unknown option");
		}
	}
	return 1;
}

static enum options_like
like(const char *name)
{
	static const struct {
		const char *name;
		enum options_like like;
	} names[] = {{"tini", LIKE_TINI}, {"tini-static", LIKE_TINI},
		{"docker-init", LIKE_TINI}, {"dumb-init", LIKE_DUMB_INIT},
		{"catatonit", LIKE_CATATONIT}};
	const char *slash = strrchr(name, '/');

	if (slash)
		name = slash + 1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(name, names[i].name))
			return names[i].like;
	return LIKE_INIT;
}

/* The value of NAME=VALUE, NULL if it is another variable. */
static const char *
value_of(const char *variable, const char *name)
{
	size_t len = strlen(name);

	return strncmp(variable, name, len) == 0 && variable[len] == '='
		       ? variable + len + 1
		       : NULL;
}

static void
take_environment(struct options *o, char **envp)
{
	for (; *envp; envp++) {
		const char *value;

		if (value_of(*envp, "TINI_KILL_PROCESS_GROUP")) {
			o->to_group = true;
		} else if ((value = value_of(*envp, "TINI_VERBOSITY"))) {
			int n = number(value, '\0', 9);

			/* 1 is what tini says without it. */
			o->verbosity = (uint8_t)(n > 1 ? n - 1 : 0);
		} else if ((value = value_of(*envp, "DUMB_INIT_DEBUG"))) {
			if (!strcmp(value, "1"))
				o->verbosity = 2;
		} else if ((value = value_of(*envp, "DUMB_INIT_SETSID"))) {
			if (o->like == LIKE_DUMB_INIT)
				set_session(o, strcmp(value, "0") != 0);
		}
	}
}

static void
be_like(struct options *o, const char *name)
{
	o->like = like(name);
	if (o->like == LIKE_DUMB_INIT) {
		set_session(o, true);
		o->suspends_self = true;
	}
}

/* A session of its own has nobody who would let what stops go on: STOP is
 * what stops it all the same. */
static void
stop_at_terminal(struct options *o)
{
	static const unsigned char stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

	for (size_t i = 0; i < sizeof stops; i++)
		if (o->becomes[stops[i]] == 0)
			o->becomes[stops[i]] = SIGSTOP;
}

void
options_parse(struct options *o, char **argv, char **envp, const char **words)
{
	memset(o, 0, sizeof *o);
	o->words = words;
	o->words_len = OPTIONS_FIRST;
	/* execve allows an empty argv. */
	if (*argv)
		be_like(o, *argv++);
	take_environment(o, envp);
	while (*argv && (*argv)[0] == '-' && (*argv)[1]) {
		if (!strcmp(*argv, "--")) {
			o->has_dashes = true;
			argv++;
			break;
		}
		if (o->like == LIKE_DUMB_INIT && !strcmp(*argv, "--rewrite") &&
			argv[1]) {
			take_rewrite(o, argv[1]);
			argv += 2;
		} else if ((*argv)[1] == '-') {
			take_long(o, *argv++);
		} else {
			argv += take_short(o, argv);
		}
	}
	if (o->in_session)
		stop_at_terminal(o);
	if (!*argv)
		return;
	if (o->is_supervised && !o->has_dashes) {
		blame(o, *argv, "a command beside services follows --");
		return;
	}
	o->command = argv;
	if (!o->is_supervised)
		return;
	pass_on(o, "--", NULL);
	while (*argv)
		pass_on(o, *argv++, NULL);
}

int
options_status(const struct options *o, int status)
{
	unsigned n = (unsigned)status & 255;

	return o->to_zero[n / 32] >> n % 32 & 1 ? 0 : status;
}

int
options_signal(const struct options *o, int signal)
{
	if (signal <= 0 || signal >= OPTIONS_SIGNALS)
		return 0;
	if (o->becomes[signal] == OPTIONS_DROP)
		return 0;
	return o->becomes[signal] ? o->becomes[signal] : signal;
}
