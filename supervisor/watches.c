#include "supervisor/watches.h"

#include "lib/def.h"
#include "lib/duration.h"
#include "lib/state.h"

uint8_t
watches_of(const struct def *def)
{
	unsigned bits = 0;

	if (def->type == TYPE_TARGET)
		return 0;
	if (def_has_notify(def))
		bits |= WATCH_NOTIFY;
	if (def->notify_access == ACCESS_ALL)
		bits |= WATCH_ALL;
	if (def->type == TYPE_ONESHOT)
		return (uint8_t)bits;
	if (def->ready)
		bits |= WATCH_READY;
	if (def->health)
		bits |= WATCH_HEALTH;
	if (def->watchdog_ms != DURATION_NONE)
		bits |= WATCH_WATCHDOG;
	return (uint8_t)bits;
}
