#include "init/options.h"

#include <stddef.h>
#include <string.h>

const char options_help[] =
	"usage: init [OPTION...] [--] COMMAND [ARG...]\n"
	"       init [OPTION...]                 as PID 1: start the "
	"supervisor\n"
	"\n"
	"  -g           pass signals on to the command's whole process group\n"
	"  -e STATUS    leave with 0 where the command leaves with STATUS\n"
	"  -s           accepted: init always adopts orphans\n"
	"  -c DIR       configuration of the supervisor\n"
	"  -r DIR       run-time directory of the supervisor\n"
	"  --container  this is a container, whatever the kernel says\n"
	"  --machine    this is a machine, whatever the kernel says\n"
	"  -h, --help   this text\n"
	"  --version    the version\n";

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

static void
take_status(struct options *o, const char *text)
{
	unsigned n = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && n <= 255; at++)
		n = n * 10 + (unsigned)(*at - '0');
	if (at == text || *at || n > 255)
		blame(o, text, "an exit status is a number from 0 to 255");
	else
		o->to_zero[n / 32] |= UINT32_C(1) << n % 32;
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
	else
		blame(o, word, "unknown option");
}

static void
take_value(struct options *o, char letter, const char *value)
{
	if (letter == 'c')
		o->config = value;
	else if (letter == 'r')
		o->runtime = value;
	else
		take_status(o, value);
}

/* Takes a group such as -gs or -e143; returns how many words it filled. */
static int
take_short(struct options *o, char **argv)
{
	for (const char *at = argv[0] + 1; *at; at++) {
		switch (*at) {
		case 'h':
			give_verdict(o, OPTIONS_HELP);
			break;
		case 'g':
			o->to_group = true;
			break;
		case 's':
			break;
		case 'c':
		case 'e':
		case 'r':
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
		default:
			blame_letter(o, *at, "unknown option");
			break;
		}
	}
	return 1;
}

void
options_parse(struct options *o, char **argv)
{
	memset(o, 0, sizeof *o);
	/* execve allows an empty argv. */
	if (*argv)
		argv++;
	while (*argv && (*argv)[0] == '-' && (*argv)[1]) {
		if (!strcmp(*argv, "--")) {
			o->has_dashes = true;
			argv++;
			break;
		}
		if ((*argv)[1] == '-')
			take_long(o, *argv++);
		else
			argv += take_short(o, argv);
	}
	if (*argv)
		o->command = argv;
}

int
options_status(const struct options *o, int status)
{
	unsigned n = (unsigned)status & 255;

	return o->to_zero[n / 32] >> n % 32 & 1 ? 0 : status;
}
