/*
 * init: PID 1 of a container or machine, or the parent of one command.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/leave.h"
#include "init/machine.h"
#include "init/options.h"
#include "init/signals.h"
#include "init/wrap.h"
#include "lib/log.h"

static void
print(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(1, text, len);

		if (n <= 0)
			leave(1);
		text += n;
		len -= (size_t)n;
	}
}

/* Help, version and usage errors: none of them starts anything. */
static void
heed_verdict(const struct options *o)
{
	switch (o->verdict) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_HELP:
		print(options_help);
		leave(0);
	case OPTIONS_VERSION:
		print("init (tend) " TEND_VERSION "\n");
		leave(0);
	case OPTIONS_BAD:
		log_error("%s: %s; see init --help", o->bad, o->problem);
		leave(2);
	}
	if (o->command && (o->config || o->runtime)) {
		log_error("-c and -r are for the supervisor, which does not "
			  "run when there is a command");
		leave(2);
	}
}

/* `init 6` and the like, on a machine that runs: a habit of other systems. */
static bool
is_runlevel(const struct options *o)
{
	return o->command && !o->has_dashes && !o->command[1] &&
	       strlen(o->command[0]) == 1 &&
	       strchr("0123456sSqQuU", o->command[0][0]);
}

static _Noreturn void
refuse(const struct options *o)
{
	if (is_runlevel(o))
		log_error("%s: run levels are not known here; use svctl "
			  "poweroff, reboot, halt or apply",
			o->command[0]);
	else
		log_error("not PID 1, and no command given; use init -- "
			  "COMMAND, or supervisor");
	leave(2);
}

/*
 * PID 1 of a machine gets the words of the kernel's command line that the
 * kernel does not know; it must not die of them, nor take one for a command.
 */
static bool
is_machine(const struct options *o)
{
	if (getpid() != 1 || o->place == PLACE_CONTAINER)
		return false;
	if (o->verdict == OPTIONS_RUN && o->command && o->has_dashes)
		return false;
	return machine_detect() || o->place == PLACE_MACHINE;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct signals start;
	bool on_machine;

	(void)argc;
	signals_block(&start);
	log_setup("init", LOG_INFO);
	options_parse(&options, argv);
	on_machine = is_machine(&options);
	if (!on_machine)
		heed_verdict(&options);
	if (getpid() != 1 && (!options.command || is_runlevel(&options)))
		refuse(&options);
	if (options.command && (!on_machine || options.has_dashes))
		wrap_run(&options, &start);
	boot_run(&options, argv[0], on_machine);
}
