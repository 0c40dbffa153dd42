#include "supervisor/svlog/svlogd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "supervisor/svlog/options.h"
#include "supervisor/svlog/svlogd_config.h"
#include "supervisor/svlog/worker.h"

#define CONFIG_CAP   8192
#define SIZE_DEFAULT 1000000u

bool
svlogd_is_meant(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash ? slash + 1 : argv0, "svlogd") == 0;
}

static void
read_config(struct options *o)
{
	static char text[CONFIG_CAP];
	struct svlogd_config config = {.entry = &o->entry};
	char path[PATHS_CAP];
	struct fmt f;
	unsigned bad;
	ssize_t len;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/config", o->dir);
	fd = f.is_cut
		     ? -1
		     : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	bad = svlogd_config(&config, text);
	o->processor = config.processor;
	if (o->processor && strlen(o->processor) >= WORKER_PROCESSOR) {
		log_warn("%s: its processor is too long", path);
		o->processor = NULL;
	}
	if (bad > 0)
		log_warn("%s: %u lines are passed over; s, n, t and ! are "
			 "known",
			path, bad);
}

/* -r C, -R CHARS, -b LEN: known, and without meaning here. */
static bool
take_option(struct options *o, char letter, const char *value)
{
	if (letter == 'l')
		return value && svlogd_number(value, &o->entry.line_max);
	return value != NULL;
}

/* The letters of one word. *i is moved to a value that is a word of its own. */
static bool
take_letters(struct options *o, int argc, char **argv, int *i)
{
	for (const char *at = argv[*i] + 1; *at != '\0'; at++) {
		const char *value = at + 1;

		/* Each line has a stamp in any case. */
		if (*at == 't' || *at == 'v')
			continue;
		if (strchr("rRlb", *at) == NULL)
			return false;
		if (*value == '\0')
			value = *i + 1 < argc ? argv[++*i] : NULL;
		return take_option(o, *at, value);
	}
	return true;
}

int
svlogd_parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){.log_dir = ""};
	entries_default(&o->entry);
	o->entry.has_err = false;
	o->entry.size = SIZE_DEFAULT;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			if (!take_letters(o, argc, argv, &i)) {
				log_error("usage: svlogd [-tttv] [-l LEN] DIR");
				return 111;
			}
		} else if (!o->dir) {
			o->dir = argv[i];
		} else {
			log_warn("%s: only the first directory is written to",
				argv[i]);
		}
	}
	if (!o->dir) {
		log_error("usage: svlogd [-tttv] [-l LEN] DIR");
		return 111;
	}
	read_config(o);
	entries_bound(&o->entry);
	return -1;
}
