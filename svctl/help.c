#include <string.h>

#include "lib/name.h"
#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

static const char usage[] =
	"usage: svctl [OPTIONS] VERB [ARG...]\n"
	"\n"
	"  --json         status, list, logs and history as JSON\n"
	"  --no-wait      return once the request was accepted\n"
	"  --timeout T    give up waiting after T (10s, 500ms, 2min)\n"
	"  -q, --quiet    is-active, is-failed, is-enabled print nothing\n"
	"  -c DIR         the config root, instead of /etc/tend\n"
	"  -r DIR         the run-time directory, instead of /run/tend\n"
	"  --root DIR     work on the image below DIR, without a supervisor\n"
	"  --user         the user's own supervisor\n"
	"  --help, --version\n"
	"\n";

static void
put_verb(struct svctl *s, const struct verb *v)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);
	size_t start = f->len;

	fmt_str(f, "  ");
	fmt_str(f, v->word);
	fmt_column(f, start, 21);
	fmt_str(f, v->summary);
	fmt_char(f, '\n');
}

static int
help_one(struct svctl *s, const char *word)
{
	const struct verb *v = verb_find(word);

	if (!v) {
		out_error(word, "no such verb; see `svctl help`");
		return CODE_USAGE;
	}
	fmt_printf(out_room(&s->out, OUT_PIECE), "svctl %s%s%s\n    %s\n",
		v->word, *v->arguments ? " " : "", v->arguments, v->summary);
	return CODE_OK;
}

int
help_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	(void)verb;
	if (argc)
		return help_one(s, argv[0]);
	fmt_str(out_room(&s->out, sizeof(usage)), usage);
	for (const struct verb *v = verbs; v->word; v++)
		put_verb(s, v);
	fmt_str(out_room(&s->out, OUT_PIECE),
		"\nExit status: 0 ok, 1 failed, 2 usage, 3 not up, 4 no such "
		"service,\n5 not permitted, 6 no supervisor answers, 7 timed "
		"out, 78 bad configuration.\n");
	return CODE_OK;
}

int
version_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	(void)verb;
	(void)argc;
	(void)argv;
	fmt_str(out_room(&s->out, OUT_PIECE), "svctl " TEND_VERSION "\n");
	return CODE_OK;
}
