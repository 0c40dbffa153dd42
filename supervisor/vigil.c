#include "supervisor/vigil.h"

#include <string.h>

void
vigil_wait(struct vigil *v, const struct vigil_rules *rules)
{
	memset(v, 0, sizeof(*v));
	v->rules = *rules;
}

void
vigil_start(struct vigil *v, const struct vigil_rules *rules, uint32_t first_ms,
	uint64_t now_ms)
{
	vigil_wait(v, rules);
	v->look_ms = now_ms + first_ms;
}

void
vigil_up(struct vigil *v, const struct vigil_rules *rules, uint64_t now_ms)
{
	vigil_wait(v, rules);
	v->is_up = true;
	if (rules->interval_ms != 0)
		v->look_ms = now_ms + rules->interval_ms;
	vigil_ping(v, now_ms);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a | b;
	return a < b ? a : b;
}

uint64_t
vigil_next(const struct vigil *v)
{
	return sooner(v->look_ms, sooner(v->ping_ms, v->leave_ms));
}

static bool
is_due(uint64_t at_ms, uint64_t now_ms)
{
	return at_ms != 0 && at_ms <= now_ms;
}

enum vigil_says
vigil_due(struct vigil *v, uint64_t now_ms)
{
	if (is_due(v->ping_ms, now_ms)) {
		v->ping_ms = 0;
		return VIGIL_SILENT;
	}
	if (is_due(v->leave_ms, now_ms)) {
		v->leave_ms = 0;
		return VIGIL_OVERSTAYED;
	}
	if (!is_due(v->look_ms, now_ms))
		return VIGIL_NOTHING;
	if (v->is_looking)
		return VIGIL_LATE;
	v->is_looking = true;
	v->look_ms = now_ms + v->rules.timeout_ms;
	return VIGIL_LOOK;
}

static void
grow_pause(struct vigil *v)
{
	v->pause_ms *= 2;
	if (v->pause_ms < VIGIL_PAUSE_LEAST_MS)
		v->pause_ms = VIGIL_PAUSE_LEAST_MS;
	if (v->pause_ms > VIGIL_PAUSE_MOST_MS)
		v->pause_ms = VIGIL_PAUSE_MOST_MS;
}

enum vigil_says
vigil_seen(struct vigil *v, bool is_good, uint64_t now_ms)
{
	v->is_looking = false;
	if (!v->is_up && is_good) {
		v->look_ms = 0;
		return VIGIL_READY;
	}
	if (!v->is_up) {
		grow_pause(v);
		v->look_ms = now_ms + v->pause_ms;
		return VIGIL_NOTHING;
	}
	v->look_ms = now_ms + v->rules.interval_ms;
	if (is_good) {
		v->failures = 0;
		return VIGIL_NOTHING;
	}
	v->failures++;
	return v->failures >= v->rules.retries ? VIGIL_UNHEALTHY
					       : VIGIL_NOTHING;
}

void
vigil_put_off(struct vigil *v, uint64_t now_ms)
{
	v->is_looking = false;
	v->look_ms = now_ms +
		     (v->is_up ? v->rules.interval_ms : VIGIL_PAUSE_MOST_MS);
}

void
vigil_hurry(struct vigil *v, uint64_t now_ms)
{
	if (!v->is_looking && v->look_ms > now_ms)
		v->look_ms = now_ms;
}

void
vigil_ping(struct vigil *v, uint64_t now_ms)
{
	v->ping_ms = !v->is_up || v->rules.watchdog_ms == 0 || v->leave_ms != 0
			     ? 0
			     : now_ms + v->rules.watchdog_ms;
}

void
vigil_set_watchdog(struct vigil *v, uint32_t watchdog_ms, uint64_t now_ms)
{
	v->rules.watchdog_ms = watchdog_ms;
	vigil_ping(v, now_ms);
}

void
vigil_leaving(struct vigil *v, uint32_t stop_timeout_ms, uint64_t now_ms)
{
	if (!v->is_up || v->leave_ms != 0)
		return;
	v->look_ms = 0;
	v->ping_ms = 0;
	v->leave_ms = stop_timeout_ms == 0 ? 0 : now_ms + stop_timeout_ms;
}
