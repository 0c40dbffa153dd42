#include "lib/state.h"

#include <stddef.h>

#define WORD(table, n)                                                         \
	((n) < sizeof(table) / sizeof((table)[0]) && (table)[n] ? (table)[n]   \
								: "?")

const char *
state_name(unsigned state)
{
	static const char *const words[SVC_STATES] = {
#define STATE(number, symbol, word, meaning) [number] = word,
#include "lib/state.def"
#undef STATE
	};

	return WORD(words, state);
}

const char *
want_name(unsigned want)
{
	static const char *const words[SVC_WANTS] = {
		[WANT_DOWN] = "down", [WANT_UP] = "up", [WANT_ONCE] = "once"};

	return WORD(words, want);
}

const char *
type_name(unsigned type)
{
	static const char *const words[SVC_TYPES] = {[TYPE_PROCESS] = "process",
		[TYPE_FORKING] = "forking",
		[TYPE_ONESHOT] = "oneshot",
		[TYPE_TARGET] = "target"};

	return WORD(words, type);
}

const char *
enabled_name(unsigned enabled)
{
	static const char *const words[SVC_ENABLEDS] = {
		[ENABLED_NO] = "disabled",
		[ENABLED_YES] = "enabled",
		[ENABLED_STATIC] = "static",
		[ENABLED_MASKED] = "masked"};

	return WORD(words, enabled);
}

bool
state_has_process(unsigned state)
{
	return state == SVC_STARTING || state == SVC_UP ||
	       state == SVC_STOPPING || state == SVC_KILLING;
}
