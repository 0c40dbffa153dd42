#include "supervisor/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"

static const char usage[] =
	"usage: supervisor [-f] [-v] [--user] [-c DIR] [-r DIR] [--init-fd N]\n"
	"                  [-S NAME=COMMAND]... [-- COMMAND [ARG...]]\n"
	"  -f, --foreground      do not daemonize\n"
	"  -c, --config-dir DIR  read services and tend.conf below DIR only\n"
	"  -r, --run-dir DIR     the run-time root (control, status, state)\n"
	"  -S NAME=COMMAND       a service without a file\n"
	"  -- COMMAND [ARG...]   the service main, which ends all with it\n"
	"  --stop-budget=T       stop everything, and be gone, within T\n"
	"  --drain=T             when asked to stop, be not ready for T first\n"
	"  --user                a supervisor of your own: XDG directories\n"
	"  --init-fd N           the descriptor of the pair to init\n"
	"  --upgraded N          given by the program in whose place this is\n"
	"  --doctor              say what is found here and what is done then\n"
	"  -v, --verbose         say every change of state\n"
	"  --help, --version     say this, or the version, and do nothing\n";

static void
say(int fd, const char *text)
{
	ssize_t ignored = write(fd, text, strlen(text));

	(void)ignored;
}

static bool
is(const char *word, const char *short_name, const char *long_name)
{
	return (short_name && strcmp(word, short_name) == 0) ||
	       strcmp(word, long_name) == 0;
}

static int
parse_fd(const char *text)
{
	int fd = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || fd > 100000)
			return -1;
		fd = fd * 10 + (*text - '0');
	}
	return fd;
}

/* An option that takes a value: 1 taken, 0 not one of them, -1 an error. */
static int
take_value(struct options *o, const char *word, char *value)
{
	bool is_config = is(word, "-c", "--config-dir");
	bool is_runtime = is(word, "-r", "--run-dir");

	bool is_upgraded = is(word, NULL, "--upgraded");

	bool is_service = strcmp(word, "-S") == 0;

	if (!is_config && !is_runtime && !is_upgraded && !is_service &&
		!is(word, NULL, "--init-fd"))
		return 0;
	if (!value) {
		log_error("%s: needs a value", word);
		return -1;
	}
	if (is_service)
		o->service[o->services++] = value;
	else if (is_config)
		o->paths.config = value;
	else if (is_runtime)
		o->paths.runtime = value;
	else if (is_upgraded) {
		o->is_upgraded = true;
		o->upgrade_fd = parse_fd(value);
	} else if ((o->init_fd = parse_fd(value)) < 3) {
		log_error("--init-fd: %s: not a descriptor above 2", value);
		return -1;
	}
	return 1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	/* Those found so far lie in argv, over words that were read. */
	*o = (struct options){.init_fd = -1, .service = argv + 1};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		int taken;

		if (strcmp(word, "--") == 0) {
			if (argv[i + 1])
				o->command = (const char *const *)argv + i + 1;
			return -1;
		}
		taken = stop_take_option(&o->stop, word);
		if (taken > 0)
			continue;
		if (taken == 0)
			taken = take_value(o, word, argv[i + 1]);
		if (taken < 0)
			return 2;
		i += taken;
		if (taken)
			continue;
		if (is(word, "-h", "--help")) {
			say(1, usage);
			return 0;
		}
		if (is(word, NULL, "--version")) {
			say(1, "tend supervisor " TEND_VERSION "\n");
			return 0;
		}
		if (is(word, "-f", "--foreground"))
			o->is_foreground = true;
		else if (is(word, "-v", "--verbose"))
			o->is_verbose = true;
		else if (is(word, NULL, "--doctor"))
			o->is_doctor = true;
		else if (is(word, NULL, "--user"))
			o->paths.is_user = true;
		else {
			log_error("%s: no such option", word);
			say(2, usage);
			return 2;
		}
	}
	return -1;
}
