#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "supervisor/build_private.h"

#define KEY " source="

/* What every service must have, so that the defaults are those of one. */
static const char service[] = "type = process\ncommand = svlog\n";

/* default-KEY lines, where there are any, as a service has them. */
static bool
make_def(struct def *def, struct arena *arena, const struct load *load)
{
	struct loaded_fragment fragment;
	struct def_error error = {0};
	bool is_broken = false;
	size_t at = 0;

	def_init(def);
	while (load && load->defaults &&
		loaded_fragment_next(load->defaults, load->defaults_len, &at,
			&fragment, &is_broken))
		if (!def_apply(def, arena, "tend.conf", fragment.text,
			    fragment.len, &error))
			return false;
	return !is_broken &&
	       def_apply(def, arena, "tend.conf", service, strlen(service),
		       &error) &&
	       def_finish(def, &error);
}

bool
build_add_sources(struct build *b, const struct load *load, unsigned to)
{
	uint8_t sources = load->settings.log_sources;
	struct arena arena;
	struct def def;

	if (sources == 0)
		return true;
	arena_init(&arena, malloc(LOADED_ARENA_BYTES), LOADED_ARENA_BYTES);
	if (!arena.base)
		return false;
	if (!make_def(&def, &arena, load))
		make_def(&def, &arena, NULL);
	/* To another daemon, or a service that writes to /dev/log itself, they
	 * would come back; and who reads a source wants to see it. */
	def.log &= LOG_TO_FILE | LOG_TO_STDOUT;
	if (def.log == 0)
		def.log = (uint8_t)to;
	def.log_streams = false;
	if ((sources & LOAD_SYSLOG) != 0)
		build_add_log(b, LOAD_SYSLOG_NAME KEY LOAD_SYSLOG_NAME, &def);
	if ((sources & LOAD_KMSG) != 0)
		build_add_log(b, LOAD_KMSG_NAME KEY LOAD_KMSG_NAME, &def);
	free(arena.base);
	return !b->is_out_of_memory;
}
