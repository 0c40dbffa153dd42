#include "svctl/shutdown.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "svctl/out.h"

/* An option of shutdown(8) that says how to end. */
static const char *
end_option(const char *arg)
{
	static const char *const words[][3] = {{"-h", "--poweroff", "poweroff"},
		{"-P", "-p", "poweroff"}, {"-r", "--reboot", "reboot"},
		{"-H", "--halt", "halt"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(arg, words[i][0]) || !strcmp(arg, words[i][1]))
			return words[i][2];
	}
	return NULL;
}

static const char *
shutdown_arguments(int argc, char **argv)
{
	const char *verb = NULL;
	bool has_time = false;

	for (int i = 1; i < argc; i++) {
		const char *end = end_option(argv[i]);

		if (end) {
			verb = end;
		} else if (!has_time &&
			   (!strcmp(argv[i], "now") || !strcmp(argv[i], "+0") ||
				   !strcmp(argv[i], "0"))) {
			has_time = true;
		} else if (has_time && argv[i][0] != '-') {
			/* The message to users, whom nobody tells here. */
			continue;
		} else {
			out_error(argv[i],
				"not understood, nothing done; write "
				"`shutdown -h now`, -r or -H");
			return "";
		}
	}
	if (!verb && !has_time) {
		out_error(NULL, "nothing done; write `shutdown -h now`, -r "
				"or -H");
		return "";
	}
	return verb ? verb : "poweroff";
}

/* The runlevels that mean something without runlevels. */
static const char *
telinit_arguments(int argc, char **argv)
{
	const char *level = argc == 2 ? argv[1] : "";

	if (!strcmp(level, "0"))
		return "poweroff";
	if (!strcmp(level, "6"))
		return "reboot";
	if (!strcmp(level, "q") || !strcmp(level, "Q"))
		return "apply";
	if (!strcmp(level, "u") || !strcmp(level, "U"))
		return "upgrade";
	out_error(argc > 1 ? argv[1] : NULL,
		"nothing done; telinit knows 0 (poweroff), 6 (reboot), "
		"q (apply) and u (upgrade --init)");
	return "";
}

void
shutdown_help(struct out *out, const char *name)
{
	struct fmt *f = out_room(out, OUT_PIECE);

	fmt_printf(f, "usage: %s", name);
	if (!strcmp(name, "shutdown"))
		fmt_str(f, " [-h|-P|-r|-H] [now]\n\n"
			   "  -h, -P  turn off; so does `now` alone\n"
			   "  -r      start again\n"
			   "  -H      halt\n");
	else if (!strcmp(name, "telinit"))
		fmt_str(f, " 0|6|q|u\n\n"
			   "  0  turn off\n"
			   "  6  start again\n"
			   "  q  read all definitions again (svctl apply)\n"
			   "  u  execute init anew (svctl upgrade --init)\n");
	else
		fmt_printf(f,
			"\n\nDoes what `svctl %s` does: stops everything "
			"and ends the system.\n",
			name);
}

const char *
shutdown_verb(int argc, char **argv)
{
	const char *name = argv[0];
	bool is_shutdown = !strcmp(name, "shutdown");
	bool is_telinit = !strcmp(name, "telinit");

	if (!is_shutdown && !is_telinit && strcmp(name, "poweroff") != 0 &&
		strcmp(name, "reboot") != 0 && strcmp(name, "halt") != 0)
		return NULL;
	out_program(name);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help"))
			return "help";
		if (!strcmp(argv[i], "--version"))
			return "version";
	}
	if (is_shutdown)
		return shutdown_arguments(argc, argv);
	if (is_telinit)
		return telinit_arguments(argc, argv);
	/* -p of halt, and what else their kin take, is not carried out half. */
	if (argc > 1) {
		out_error(argv[1],
			"not understood, nothing done; see "
			"`%s --help`",
			name);
		return "";
	}
	return name;
}
