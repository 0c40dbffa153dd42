#include "svctl/sv.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/duration.h"
#include "lib/state.h"
#include "svctl/describe.h"
#include "svctl/follow.h"
#include "svctl/options.h"
#include "svctl/request.h"
#include "svctl/svctl.h"
#include "svctl/svname.h"

#define WAIT_MS	    7000u /* what runit waits */
#define CODE_FATAL  100
#define FAILED_MOST 99

static const char usage[] = "sv [-v] [-w SECONDS] COMMAND SERVICE...";

enum after {
	AT_ONCE, /* say nothing, unless -v */
	WAIT,	 /* until it is where it should be */
	WAIT_OR_KILL,
	LOOK, /* only at its state */
	CHECK /* wait for where it should be anyway */
};

struct command {
	const char *word;
	enum control_verb verb; /* CONTROL_NONE: only look */
	int signal;
	enum after after;
};

/* Of those that a beginning may mean the first. */
static const struct command commands[] = {
	{"status", CONTROL_NONE, 0, LOOK},
	{"start", CONTROL_START, 0, WAIT},
	{"stop", CONTROL_STOP, 0, WAIT},
	{"shutdown", CONTROL_STOP, 0, WAIT},
	{"up", CONTROL_START, 0, AT_ONCE},
	{"down", CONTROL_STOP, 0, AT_ONCE},
	{"exit", CONTROL_STOP, 0, AT_ONCE},
	{"x", CONTROL_STOP, 0, AT_ONCE},
	{"once", CONTROL_ONCE, 0, AT_ONCE},
	{"restart", CONTROL_RESTART, 0, WAIT},
	{"reload", CONTROL_SIGNAL, SIGHUP, WAIT},
	{"force-stop", CONTROL_STOP, 0, WAIT_OR_KILL},
	{"force-shutdown", CONTROL_STOP, 0, WAIT_OR_KILL},
	{"force-restart", CONTROL_RESTART, 0, WAIT_OR_KILL},
	{"force-reload", CONTROL_RESTART, 0, WAIT_OR_KILL},
	{"pause", CONTROL_PAUSE, 0, AT_ONCE},
	{"cont", CONTROL_CONT, 0, AT_ONCE},
	{"hup", CONTROL_SIGNAL, SIGHUP, AT_ONCE},
	{"alarm", CONTROL_SIGNAL, SIGALRM, AT_ONCE},
	{"interrupt", CONTROL_SIGNAL, SIGINT, AT_ONCE},
	{"quit", CONTROL_SIGNAL, SIGQUIT, AT_ONCE},
	{"1", CONTROL_SIGNAL, SIGUSR1, AT_ONCE},
	{"2", CONTROL_SIGNAL, SIGUSR2, AT_ONCE},
	{"term", CONTROL_SIGNAL, SIGTERM, AT_ONCE},
	{"kill", CONTROL_SIGNAL, SIGKILL, AT_ONCE},
	{"try-restart", CONTROL_TRY_RESTART, 0, WAIT},
	{"check", CONTROL_NONE, 0, CHECK},
};

/* Whole, or as it begins; nobody means force by a letter. */
static const struct command *
find_command(const char *word)
{
	const struct command *found = NULL;
	size_t len = strlen(word);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, word) == 0)
			return &commands[i];
		if (!found && len > 0 && *word != 'f' &&
			strncmp(commands[i].word, word, len) == 0)
			found = &commands[i];
	}
	return found;
}

/* "run: web: (pid 12) 3s", as sv says it. */
static void
put_state(struct svctl *s, const char *name, const struct page_entry *entry)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);
	bool is_run = state_has_process(entry->state);
	bool is_wanted = entry->want != WANT_DOWN;
	bool is_normal = entry->enabled == ENABLED_YES;

	fmt_printf(f, "%s: %s: ",
		entry->state == SVC_STOPPING || entry->state == SVC_KILLING
			? "finish"
		: is_run ? "run"
			 : "down",
		name);
	if (is_run)
		fmt_printf(f, "(pid %d) ", entry->pid);
	fmt_printf(f, "%llus",
		(unsigned long long)(describe_age_ms(entry) / 1000));
	if (is_run && !is_normal)
		fmt_str(f, ", normally down");
	if (!is_run && is_normal)
		fmt_str(f, ", normally up");
	if (is_run && !is_wanted)
		fmt_str(f, ", want down");
	if (!is_run && is_wanted && !describe_is_up(entry->state))
		fmt_str(f, ", want up");
}

static void
say(struct svctl *s, const char *result, const char *name)
{
	struct page_entry entry;
	char logger[NAME_CAP + sizeof(NAME_LOGGER)];
	struct fmt f;

	if (map_entry(&s->map, name, &entry) == PAGE_NONE) {
		fmt_printf(out_room(&s->out, OUT_PIECE),
			"fail: %s: no such service\n", name);
		return;
	}
	fmt_str(out_room(&s->out, OUT_PIECE), result);
	put_state(s, name, &entry);
	fmt_init(&f, logger, sizeof(logger));
	fmt_printf(&f, "%s" NAME_LOGGER, name);
	if (map_entry(&s->map, logger, &entry) != PAGE_NONE) {
		fmt_str(out_room(&s->out, OUT_PIECE), "; ");
		put_state(s, "log", &entry);
	}
	fmt_char(out_room(&s->out, OUT_PIECE), '\n');
}

/* Up, or down, whatever is wanted: is that reached? */
static enum control_verb
verb_for_want(struct svctl *s, const char *name)
{
	struct page_entry entry;

	if (map_entry(&s->map, name, &entry) == PAGE_NONE)
		return CONTROL_NONE;
	return entry.want == WANT_DOWN ? CONTROL_STOP : CONTROL_START;
}

static int
follow(struct svctl *s, const struct command *command, struct request *r)
{
	enum control_verb verb = command->verb;
	int code;

	if (verb == CONTROL_NONE || verb == CONTROL_SIGNAL)
		verb = verb_for_want(s, r->name);
	if (verb == CONTROL_NONE)
		return CODE_UNKNOWN;
	code = follow_all(s, verb, r, 1);
	if (code != CODE_TIMEOUT || command->after != WAIT_OR_KILL)
		return code;
	r->code = CODE_OK;
	r->has_result = r->is_settled = false;
	s->deadline_ms = clock_mono_ms() + s->timeout_ms;
	code = request_all(s, CONTROL_SIGNAL, SIGKILL, r, 1);
	return code == CODE_OK ? follow_all(s, verb, r, 1) : code;
}

/* HUP is a reload where there is more to one, such as control/h. */
static enum control_verb
find_verb(struct svctl *s, const struct command *command, const char *name)
{
	struct page_entry entry;

	return command->signal == SIGHUP &&
			       map_entry(&s->map, name, &entry) != PAGE_NONE &&
			       (entry.flags & PAGE_RELOADS)
		       ? CONTROL_RELOAD
		       : command->verb;
}

/* True: it went well. */
static bool
one(struct svctl *s, const struct command *command, const char *word)
{
	char cwd[PATHS_CAP] = "", name[NAME_CAP];
	struct request request = {.name = name};
	int code = CODE_OK;

	(void)!getcwd(cwd, sizeof(cwd));
	if (!svname_find(word, cwd, name)) {
		fmt_str(out_room(&s->out, OUT_PIECE), "fail: ");
		out_text(&s->out, word, OUT_PIECE);
		fmt_str(out_room(&s->out, OUT_PIECE),
			": not the name of a service\n");
		return false;
	}
	if (command->verb != CONTROL_NONE) {
		code = request_all(s, find_verb(s, command, name),
			command->signal, &request, 1);
		if (code == CODE_OK && request.code != CODE_OK)
			code = request_complain(s, command->verb, &request);
	}
	if (command->after == LOOK ||
		(command->after == AT_ONCE && !(s->given & OPT_VERBOSE))) {
		if (command->after == LOOK || code != CODE_OK)
			say(s, code == CODE_OK ? "" : "fail: ", name);
		return code == CODE_OK &&
		       verb_for_want(s, name) != CONTROL_NONE;
	}
	if (code == CODE_OK)
		code = follow(s, command, &request);
	say(s,
		code == CODE_OK	       ? "ok: "
		: code == CODE_TIMEOUT ? "timeout: "
				       : "fail: ",
		name);
	return code == CODE_OK;
}

/* The index of the first word that is no option, -1 after a complaint. */
static int
take_options(struct svctl *s, int argc, char **argv)
{
	const char *wait = getenv("SVWAIT");
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-v") == 0)
			s->given |= OPT_VERBOSE;
		else if (strcmp(argv[i], "-w") == 0 && i + 1 < argc)
			wait = argv[++i];
		else if (strncmp(argv[i], "-w", 2) == 0 && argv[i][2] != '\0')
			wait = argv[i] + 2;
		else
			return -1;
	}
	s->timeout_ms = WAIT_MS;
	if (wait && !duration_parse(wait, strlen(wait), &s->timeout_ms))
		return -1;
	return argc - i < 2 ? -1 : i;
}

int
sv_run(struct svctl *s, int argc, char **argv)
{
	const struct command *command;
	int first = take_options(s, argc, argv);
	int failed = 0, code;

	out_program("sv");
	if (first < 0) {
		out_note(usage);
		return CODE_FATAL;
	}
	command = find_command(argv[first]);
	if (!command) {
		out_error(argv[first], "no such command; see svctl(1)");
		return CODE_FATAL;
	}
	code = svctl_open_page(s, false);
	if (code != CODE_OK)
		return CODE_FATAL;
	s->deadline_ms = clock_mono_ms() + s->timeout_ms;
	for (int i = first + 1; i < argc; i++)
		failed += !one(s, command, argv[i]);
	return failed < FAILED_MOST ? failed : FAILED_MOST;
}
