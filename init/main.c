/*
 * init: PID 1 of a container or machine, or the parent of one command.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/fault.h"
#include "init/finish.h"
#include "init/kept.h"
#include "init/launch.h"
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

/* Help, version, doctor and usage errors: none of them starts anything. */
static void
heed_verdict(const struct options *o, const char *program,
	const struct signals *start)
{
	switch (o->verdict) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_HELP:
		print(options_help);
		leave(0);
	case OPTIONS_VERSION:
		print(options_version(o));
		leave(0);
	case OPTIONS_LICENSE:
		print(options_license);
		leave(0);
	case OPTIONS_BAD:
		log_error("%s: %s; see init --help", o->bad, o->problem);
		leave(options_usage_status(o));
	}
	if (o->command && o->is_pause) {
		log_error("-P is for no command, and here is one: %s",
			o->command[0]);
		leave(options_usage_status(o));
	}
	if (!o->command && !o->is_pause && o->like != LIKE_INIT) {
		log_error("a command is missing; see init --help");
		leave(options_usage_status(o));
	}
	if (o->is_doctor)
		launch_doctor(o, program, start);
	if (o->command && !o->is_supervised && (o->config || o->runtime)) {
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
	if (o->is_supervised)
		log_error("not PID 1; run supervisor -f with the same words");
	else if (is_runlevel(o))
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
	if (o->verdict == OPTIONS_RUN && o->command && o->has_dashes &&
		!o->is_supervised)
		return false;
	return machine_detect() || o->place == PLACE_MACHINE;
}

static bool
is_wrap(const struct options *o, bool on_machine)
{
	if (o->is_supervised)
		return false;
	if (on_machine)
		return o->command && o->has_dashes;
	return o->command || o->is_pause;
}

/* After a fault, or an upgrade, with what a former image has begun. */
static _Noreturn void
go_on(const struct options *o, struct kept *kept, const char *program)
{
	bool is_last_straw = fault_is_last_straw(kept);

	/* Ending everything has failed several times. */
	if (kept->finish.is_begun && is_last_straw)
		finish_now(&kept->finish);
	if (kept->finish.is_begun)
		finish_run(&kept->finish);
	if (kept->mode == KEPT_WRAP)
		wrap_resume(o, kept, is_last_straw);
	boot_resume(o, kept, program, is_last_straw);
}

int
main(int argc, char **argv)
{
	static const char *words[OPTIONS_WORDS];
	static struct kept kept;
	struct options options;
	bool is_next, is_pid1 = getpid() == 1;

	(void)argc;
	log_setup("init", LOG_INFO);
	is_next = fault_take_over(&kept, &argv);
	if (!is_next)
		signals_block(&kept.start);
	options_parse(&options, argv, environ, words);
	if (is_next)
		go_on(&options, &kept, argv[0]);
	kept.on_machine = is_machine(&options);
	if (!kept.on_machine)
		heed_verdict(&options, argv[0], &kept.start);
	if (!is_pid1 && !options.is_pause &&
		(!options.command || options.is_supervised ||
			is_runlevel(&options)))
		refuse(&options);
	if (is_wrap(&options, kept.on_machine)) {
		if (is_pid1)
			fault_setup(&kept, argv);
		wrap_run(&options, &kept);
	}
	boot_run(&options, &kept, argv);
}
