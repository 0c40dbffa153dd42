/* What to say of a service that has no log. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "svctl/defs.h"
#include "svctl/logdir.h"
#include "svctl/svctl.h"

/* Where its output goes if that is no file; NULL if it is, or is unknown. */
static const char *
find_other_place(struct svctl *s, const char *name)
{
	struct loaded_section section;
	const char *place = NULL;
	struct load_text text;
	struct def_error error;
	void *memory = NULL;
	struct def def;

	if (defs_read_loaded(s, &text) == 0 &&
		defs_find(&text, name, &section) &&
		defs_parse(&section, &def, &memory, &error)) {
		if (def.log == LOG_TO_STDOUT)
			place = "the supervisor's standard output (log = "
				"stdout)";
		else if (def.log == LOG_TO_NONE)
			place = "nowhere (log = none)";
		else if (def.log == LOG_TO_SYSLOG)
			place = "the syslog daemon (log = syslog)";
		else if (def.log == LOG_TO_SERVICE)
			place = "another service, whose log may have it (log = "
				"service:...)";
	}
	free(memory);
	free(text.bytes);
	return place;
}

bool
logdir_is_known(struct svctl *s, const char *name)
{
	struct page_entry entry;

	if (s->paths.root)
		return false;
	if (!*s->runtime)
		paths_runtime_find(&s->paths, s->runtime);
	if (!s->map.view.base && map_open(&s->map, s->runtime) != 0)
		return false;
	return map_entry(&s->map, name, &entry) != PAGE_NONE;
}

int
logdir_say_none(const struct logdir *dir, struct svctl *s, const char *name)
{
	char near[NAME_CAP];
	const char *place;

	for (unsigned base = 0; base < LOGDIR_BASES; base++) {
		bool has_base = dir->fd[base] >= 0;
		int fd = logdir_service(dir, base, name);

		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT)
			return logdir_say_error(
				dir, base, has_base ? name : NULL, errno);
	}
	if (logdir_is_known(s, name)) {
		place = find_other_place(s, name);
		if (place)
			out_error(name, "has no log: its output goes to %s",
				place);
		else
			out_error(name, "has no log in %s yet", dir->path[0]);
		return CODE_FAILED;
	}
	if (logdir_nearest(dir, name, near))
		out_error(name, "no log of that name in %s; did you mean '%s'?",
			dir->path[0], near);
	else
		out_error(name, "no log of that name in %s", dir->path[0]);
	return CODE_UNKNOWN;
}
