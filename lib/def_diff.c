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
	       list_differs(&old->command, &new->command) ||
	       list_differs(&old->environment, &new->environment) ||
	       list_differs(&old->environment_file, &new->environment_file);
}
