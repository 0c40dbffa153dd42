/* What init says about itself, and the statuses of those whose place it takes.
 */
#include <errno.h>

#include "init/options.h"

const char options_help[] =
	"usage: init [OPTION...] [--] COMMAND [ARG...]\n"
	"       init [OPTION...]                 as PID 1: start the "
	"supervisor\n"
	"       init -S NAME=COMMAND... [OPTION...] [-- COMMAND [ARG...]]\n"
	"\n"
	"  -g           pass signals on to the command's whole process group\n"
	"  -e STATUS    leave with 0 where the command leaves with STATUS\n"
	"  -p SIGNAL    get this signal when the parent dies\n"
	"  -r FROM:TO   pass signal FROM on as TO; 0: do not (numbers)\n"
	"  --wait=main|group|all\n"
	"               when the command ends, end the rest and wait for it\n"
	"  -P           no command: only adopt orphans, until TERM or INT\n"
	"  -w           say which orphans were reaped\n"
	"  -v           say more\n"
	"  -s           accepted: init always adopts orphans\n"
	"  -S NAME=COMMAND  a service without a file\n"
	"  --stop-budget=T, --drain=T  time for the end of services\n"
	"  --doctor     say what would be done, and do nothing\n"
	"  -c DIR       configuration of the supervisor\n"
	"  -r DIR       run-time directory of the supervisor\n"
	"  --container  this is a container, whatever the kernel says\n"
	"  --machine    this is a machine, whatever the kernel says\n"
	"  -l           the license\n"
	"  -h, --help   this text\n"
	"  -V, --version  the version\n"
	"\n"
	"Called tini, dumb-init or catatonit it takes the options of that.\n";

const char options_license[] =
	"Copyright (c) 2026 the tend authors. License 0BSD: use, copy, modify\n"
	"and distribute it for any purpose, with or without fee. It comes as "
	"it\n"
	"is, without any warranty, and its authors are liable for nothing.\n";

const char *
options_version(const struct options *o)
{
	/* Engines of containers ask their init, and know this form of it. */
	return o->like == LIKE_DUMB_INIT ? "dumb-init v" TEND_VERSION "_tend\n"
					 : "tini version " TEND_VERSION
					   "_tend\n";
}

int
options_usage_status(const struct options *o)
{
	return o->like == LIKE_INIT ? 2 : 1;
}

int
options_exec_status(const struct options *o, int error)
{
	switch (o->like) {
	case LIKE_DUMB_INIT:
		return 2;
	case LIKE_CATATONIT:
		return 1;
	case LIKE_INIT:
	case LIKE_TINI:
		break;
	}
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}
