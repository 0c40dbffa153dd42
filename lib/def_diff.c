#include <string.h>

#include "lib/def.h"

static bool
differs(const char *a, const char *b)
{
	if (!a || !b)
		return a != b;
	return strcmp(a, b) != 0;
}

static bool
list_differs(const struct def_list *a, const struct def_list *b)
{
	if (a->len != b->len)
		return true;
	for (unsigned i = 0; i < a->len; i++)
		if (differs(a->item[i], b->item[i]))
			return true;
	return false;
}

static bool
limits_differ(const struct def *old, const struct def *new)
{
	for (unsigned i = 0; i < LIMITS_RESOURCES; i++)
		if (differs(old->limit[i], new->limit[i]))
			return true;
	return differs(old->nice, new->nice) ||
	       differs(old->io_priority, new->io_priority) ||
	       differs(old->cpu_affinity, new->cpu_affinity) ||
	       differs(old->cpu_scheduling, new->cpu_scheduling) ||
	       differs(old->oom_score_adjust, new->oom_score_adjust);
}

bool
def_needs_restart(const struct def *old, const struct def *new)
{
	return old->type != new->type || old->log != new->log ||
	       old->log_streams != new->log_streams ||
	       differs(old->log_service, new->log_service) ||
	       old->watchdog_ms != new->watchdog_ms ||
	       def_has_notify(old) != def_has_notify(new) ||
	       differs(old->user, new->user) ||
	       differs(old->group, new->group) ||
	       differs(old->working_directory, new->working_directory) ||
	       differs(old->root_directory, new->root_directory) ||
	       differs(old->tty, new->tty) ||
	       differs(old->standard_input, new->standard_input) ||
	       differs(old->umask, new->umask) ||
	       old->clean_environment != new->clean_environment ||
	       limits_differ(old, new) ||
	       list_differs(&old->supplementary_groups,
		       &new->supplementary_groups) ||
	       list_differs(&old->unset_environment, &new->unset_environment) ||
	       list_differs(&old->command, &new->command) ||
	       list_differs(&old->environment, &new->environment) ||
	       list_differs(&old->environment_file, &new->environment_file);
}
