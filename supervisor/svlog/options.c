#include "supervisor/svlog/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/duration.h"
#include "lib/log.h"
#include "supervisor/svlog/worker.h"

#define FD_MOST 65535u

static const char usage[] =
	"usage: svlog [OPTION...] DIR\n"
	"       svlog --run-dir RUN [--log-dir LOGS] [--json]\n"
	"  --size SIZE       a file is finished at SIZE bytes (1M)\n"
	"  --keep N          finished files that are kept (10)\n"
	"  --age TIME        a file is finished when it is so old\n"
	"  --max-total SIZE  bytes of finished files that are kept\n"
	"  --line-max SIZE   longer lines are split (8K)\n"
	"  --processor CMD   run on each finished file, stdin to stdout\n"
	"  --run-dir RUN     write what services say; RUN/logs has which\n"
	"  --log-dir LOGS    below it (/var/log/tend)\n"
	"  --syslog-fd N     the socket for source=syslog\n"
	"  --json            lines for standard output are JSON objects\n"
	"  --help, --version say this, or the version, and do nothing\n";

static void
say(int fd, const char *text)
{
	ssize_t ignored = write(fd, text, strlen(text));

	(void)ignored;
}

static bool
take_small(const char *value, uint32_t *n)
{
	uint64_t wide;

	if (!entries_number(value, strlen(value), &wide) || wide > UINT32_MAX)
		return false;
	*n = (uint32_t)wide;
	return true;
}

static bool
take_fd(const char *value, int *fd)
{
	uint32_t n;

	if (!take_small(value, &n) || n > FD_MOST)
		return false;
	*fd = (int)n;
	return true;
}

static bool
take_age(const char *value, uint32_t *seconds)
{
	uint32_t ms;

	if (!duration_parse(value, strlen(value), &ms))
		return false;
	*seconds = ms / 1000 + (ms % 1000 > 0);
	return true;
}

/* 1: taken; 0: not one of those with a value; -1: not a value of it. */
static int
take(struct options *o, const char *word, const char *value)
{
	bool is_fine = true;

	if (strcmp(word, "--size") == 0)
		is_fine = entries_number(value, strlen(value), &o->entry.size);
	else if (strcmp(word, "--keep") == 0)
		is_fine = take_small(value, &o->entry.keep);
	else if (strcmp(word, "--age") == 0)
		is_fine = take_age(value, &o->entry.age_s);
	else if (strcmp(word, "--max-total") == 0)
		is_fine = entries_number(value, strlen(value), &o->max_total);
	else if (strcmp(word, "--line-max") == 0)
		is_fine = take_small(value, &o->entry.line_max);
	else if (strcmp(word, "--run-dir") == 0)
		o->run_dir = value;
	else if (strcmp(word, "--log-dir") == 0)
		o->log_dir = value;
	else if (strcmp(word, "--syslog-fd") == 0)
		is_fine = take_fd(value, &o->syslog_fd);
	else if (strcmp(word, "--processor") == 0) {
		o->processor = value;
		is_fine = strlen(value) < WORKER_PROCESSOR;
	} else
		return 0;
	return is_fine ? 1 : -1;
}

static int
check(const struct options *o)
{
	if (!o->dir == !o->run_dir) {
		say(2, usage);
		return 2;
	}
	return -1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){.log_dir = "/var/log/tend", .syslog_fd = -1};
	entries_default(&o->entry);
	o->entry.has_err = false;
	for (int i = 1; i < argc && argv[i]; i++) {
		const char *word = argv[i];
		const char *value = argv[i + 1];
		int taken = take(o, word, value ? value : "");

		if (taken != 0 && !value) {
			log_error("%s: needs a value", word);
			return 2;
		}
		if (taken < 0) {
			log_error("%s: %s: not a value for it", word, value);
			return 2;
		}
		i += taken;
		if (taken)
			continue;
		if (strcmp(word, "--help") == 0) {
			say(1, usage);
			return 0;
		}
		if (strcmp(word, "--version") == 0) {
			say(1, "tend svlog " TEND_VERSION "\n");
			return 0;
		}
		if (strcmp(word, "--json") == 0) {
			o->is_json = true;
		} else if (word[0] != '-' && !o->dir) {
			o->dir = word;
		} else {
			log_error("%s: no such option", word);
			say(2, usage);
			return 2;
		}
	}
	entries_bound(&o->entry);
	return check(o);
}
