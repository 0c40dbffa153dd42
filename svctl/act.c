/* The verbs that the supervisor carries out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/name.h"
#include "lib/signame.h"
#include "lib/state.h"
#include "svctl/follow.h"
#include "svctl/options.h"
#include "svctl/request.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

/* Has the verb an outcome beyond being accepted? */
static bool
is_followed(enum control_verb verb)
{
	return verb == CONTROL_START || verb == CONTROL_STOP ||
	       verb == CONTROL_RESTART || verb == CONTROL_TRY_RESTART ||
	       verb == CONTROL_RELOAD_OR_RESTART || verb == CONTROL_ONCE;
}

/* What somebody at a terminal should know about a start that worked. */
static void
remark(struct svctl *s, enum control_verb verb, const struct request *r)
{
	struct page_entry entry;

	if (verb != CONTROL_START || r->code != CODE_OK ||
		map_entry(&s->map, r->name, &entry) == PAGE_NONE)
		return;
	if (r->result.detail == PAGE_ALREADY && entry.state == SVC_DONE)
		out_error(r->name,
			"already done; `svctl restart %s` runs it "
			"again",
			r->name);
	if (entry.enabled == ENABLED_NO && isatty(2) && isatty(0))
		out_error(r->name,
			"will not start at the next boot; `svctl enable %s` "
			"changes that",
			r->name);
}

static int
finish(struct svctl *s, enum control_verb verb, struct request *requests,
	unsigned count)
{
	int first = CODE_OK;

	for (unsigned i = 0; i < count; i++) {
		if (requests[i].code != CODE_OK)
			(void)request_complain(s, verb, &requests[i]);
	}
	if (is_followed(verb) && !(s->given & OPT_NO_WAIT))
		(void)follow_all(s, verb, requests, count);
	for (unsigned i = 0; i < count; i++)
		remark(s, verb, &requests[i]);
	for (unsigned i = 0; i < count && first == CODE_OK; i++)
		first = requests[i].code;
	return first;
}

static int
act(struct svctl *s, enum control_verb verb, int signal, int argc, char **argv)
{
	struct request *requests = calloc((size_t)argc, sizeof(*requests));
	unsigned count = 0;
	int bad = CODE_OK, code;

	if (!requests) {
		out_error(NULL, "out of memory");
		return CODE_FAILED;
	}
	for (int i = 0; i < argc; i++) {
		if (name_is_valid(argv[i], strlen(argv[i]))) {
			requests[count++].name = argv[i];
			continue;
		}
		out_error(argv[i], "not the name of a service");
		bad = CODE_UNKNOWN;
	}
	code = count ? svctl_open_page(s, false) : CODE_OK;
	if (code == CODE_OK && count)
		code = request_all(s, verb, signal, requests, count);
	/* Without a valid name there is no page to look at. */
	if (code == CODE_OK && count)
		code = finish(s, verb, requests, count);
	free(requests);
	return code != CODE_OK ? code : bad;
}

int
act_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	return act(s, verb->control, 0, argc, argv);
}

int
signal_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int signal = s->signal;

	/* `signal HUP web`, and as of old `kill -s HUP web`, `kill web`. */
	if (!signal && argc > 1) {
		signal = signame_parse(argv[0]);
		if (signal > 0) {
			argc--;
			argv++;
		}
	}
	if (signal <= 0 && !strcmp(verb->word, "signal")) {
		if (argc > 1)
			out_error(argv[0], "no such signal; write `svctl "
					   "signal HUP NAME`");
		else
			out_error(verb->word, "write `svctl signal SIGNAL "
					      "NAME...`");
		return CODE_USAGE;
	}
	return act(s, verb->control, signal > 0 ? signal : 15, argc, argv);
}

static int
act_on_all(struct svctl *s, enum control_verb verb)
{
	struct request request = {.name = NULL};
	int code = svctl_open_page(s, false);

	if (code == CODE_OK)
		code = request_all(s, verb, 0, &request, 1);
	if (code == CODE_OK && request.code != CODE_OK)
		code = request_complain(s, verb, &request);
	return code;
}

int
system_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return act_on_all(s, verb->control);
}

int
upgrade_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return act_on_all(
		s, s->given & OPT_INIT ? CONTROL_UPGRADE_INIT : verb->control);
}
