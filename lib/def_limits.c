#include <stdint.h>
#include <string.h>

#include "lib/def.h"
#include "lib/def_value.h"
#include "lib/limits.h"

#define SHOWN_MAX 60

/*
 * These values stay text: only the spawn needs them as numbers. Stores it if
 * it is right.
 */
static bool
keep(struct def_value *v, void *member, bool is_right, const char *right)
{
	if (!is_right) {
		def_error_text(v->error, "'%.*s' is not %s",
			v->len > SHOWN_MAX ? SHOWN_MAX : (int)v->len, v->text,
			right);
		return def_value_fail(v, 0);
	}
	*(const char **)member = v->text;
	return true;
}

bool
set_limit_count(struct def_value *v, void *member)
{
	struct limits_pair pair;

	return keep(v, member, limits_pair_parse(v->text, LIMITS_COUNT, &pair),
		"a limit; write a number, SOFT:HARD with SOFT not above HARD, "
		"or infinity");
}

bool
set_limit_bytes(struct def_value *v, void *member)
{
	struct limits_pair pair;

	return keep(v, member, limits_pair_parse(v->text, LIMITS_BYTES, &pair),
		"a limit; write a size such as 64K, SOFT:HARD with SOFT not "
		"above HARD, or infinity");
}

bool
set_limit_seconds(struct def_value *v, void *member)
{
	struct limits_pair pair;

	return keep(v, member,
		limits_pair_parse(v->text, LIMITS_SECONDS, &pair),
		"a limit; write a duration such as 90s, SOFT:HARD with SOFT "
		"not above HARD, or infinity");
}

bool
set_limit_usec(struct def_value *v, void *member)
{
	struct limits_pair pair;

	return keep(v, member, limits_pair_parse(v->text, LIMITS_USEC, &pair),
		"a limit; write microseconds or a duration such as 200ms, "
		"SOFT:HARD with SOFT not above HARD, or infinity");
}

bool
set_nice(struct def_value *v, void *member)
{
	int number;

	return keep(v, member, limits_number_parse(v->text, -20, 19, &number),
		"a number from -20 (first) to 19 (last)");
}

bool
set_oom(struct def_value *v, void *member)
{
	int number;

	return keep(v, member,
		limits_number_parse(v->text, -1000, 1000, &number),
		"a number from -1000 (never killed) to 1000 (killed first)");
}

bool
set_io_priority(struct def_value *v, void *member)
{
	int value;

	return keep(v, member, limits_io_priority_parse(v->text, &value),
		"none, idle, best-effort:0 to 7 or realtime:0 to 7");
}

bool
set_scheduling(struct def_value *v, void *member)
{
	int policy, priority;

	return keep(v, member,
		limits_scheduling_parse(v->text, &policy, &priority),
		"other, batch, idle, fifo:1 to 99 or rr:1 to 99");
}

bool
set_cpus(struct def_value *v, void *member)
{
	unsigned most;

	return keep(v, member, limits_cpus_parse(v->text, NULL, NULL, &most),
		"a list of CPUs such as 0-3 6");
}
