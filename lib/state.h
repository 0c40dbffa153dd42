/*
 * Words that the four programs share about a service: its state, what is
 * wanted of it, its type, how it is enabled. All numbers are part of the page
 * and journal formats.
 */
#ifndef LIB_STATE_H
#define LIB_STATE_H

#include <stdbool.h>

enum svc_state {
#define STATE(number, symbol, word, meaning) SVC_##symbol = (number),
#include "lib/state.def"
#undef STATE
	SVC_STATES
};

enum svc_want {
	WANT_DOWN = 0,
	WANT_UP = 1,
	WANT_ONCE = 2,
	SVC_WANTS
};

enum svc_type {
	TYPE_PROCESS = 0,
	TYPE_FORKING = 1,
	TYPE_ONESHOT = 2,
	TYPE_TARGET = 3,
	SVC_TYPES
};

enum svc_enabled {
	ENABLED_NO = 0,	    /* "disabled" */
	ENABLED_YES = 1,    /* "enabled" */
	ENABLED_STATIC = 2, /* "static": only started by what needs it */
	ENABLED_MASKED = 3, /* "masked" */
	SVC_ENABLEDS
};

/* The word for a number; "?" for a number that is none of ours. */
const char *state_name(unsigned state);
const char *want_name(unsigned want);
const char *type_name(unsigned type);
const char *enabled_name(unsigned enabled);

/* A process of the service may exist: starting, up, stopping, killing. */
bool state_has_process(unsigned state);

#endif
