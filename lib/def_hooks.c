/*
 * The commands around a service: start-pre and its like.
 */
#include <stddef.h>

#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/probe.h"

bool
set_hook(struct def_value *v, void *member)
{
	/* Messages about `command` name its own line. */
	unsigned line = v->def->command_line;
	bool is_set = set_command(v, member);

	v->def->command_line = line;
	return is_set;
}

const char *
def_part_name(unsigned part)
{
	static const char *const names[PARTS] = {[PART_MAIN] = "command",
		[PART_START_PRE] = "start-pre",
		[PART_START_POST] = "start-post",
		[PART_STOP] = "stop-command",
		[PART_STOP_POST] = "stop-post",
		[PART_RELOAD] = "reload-command",
		[PART_CHECK] = "check"};

	return part < PARTS ? names[part] : "?";
}

/* What stands behind command:, NULL: it is another form. */
static const char *
check_command(const char *form)
{
	struct probe probe;

	if (!form || probe_parse(form, &probe) != PROBE_OK ||
		probe.kind != PROBE_COMMAND)
		return NULL;
	return probe.arg;
}

const char *
def_part_command(const struct def *def, unsigned part, unsigned n)
{
	const struct def_list *list;

	if (part == PART_CHECK)
		return check_command(n == DEF_CHECK_READY    ? def->ready
				     : n == DEF_CHECK_HEALTH ? def->health
							     : NULL);
	if (part >= PARTS)
		return NULL;
	list = part == PART_MAIN ? &def->command : &def->hook[part];
	return n < list->len ? list->item[n] : NULL;
}
