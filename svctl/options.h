/*
 * The options of svctl, before and behind the verb alike, and its verbs.
 */
#ifndef SVCTL_OPTIONS_H
#define SVCTL_OPTIONS_H

#include <stdbool.h>

#include "lib/control.h"

struct svctl;

/* svctl.given, and which of them a verb takes (verbs.def) */
#define OPT_JSON    1u
#define OPT_NO_WAIT 2u
#define OPT_TIMEOUT 4u
#define OPT_QUIET   8u
#define OPT_IN	    16u
#define OPT_NOW	    32u
#define OPT_RUNTIME 64u
#define OPT_FOR	    128u
#define OPT_ANY	    256u
#define OPT_SIGNAL  512u
#define OPT_HELP    1024u
#define OPT_VERSION 2048u
#define OPT_INIT    4096u
#define OPT_FOLLOW  8192u
#define OPT_LINES   16384u
#define OPT_SINCE   32768u
#define OPT_UNTIL   65536u
#define OPT_GREP    131072u
#define OPT_UNIT    262144u
#define OPT_VERBOSE 524288u /* only of sv */
/* Every verb takes these: a script may always say them. */
#define OPT_ALWAYS                                                             \
	(OPT_JSON | OPT_NO_WAIT | OPT_TIMEOUT | OPT_QUIET | OPT_HELP |         \
		OPT_VERSION)

struct verb {
	const char *word;
	int (*run)(struct svctl *s, const struct verb *verb, int argc,
		char **argv);
	enum control_verb control; /* what is sent, CONTROL_NONE for none */
	int min, max;		   /* arguments; max -1: any number */
	unsigned options;	   /* beyond OPT_ALWAYS */
	const char *arguments;
	const char *summary;
};

/* The table of verbs.def; word NULL ends it. */
extern const struct verb verbs[];
const struct verb *verb_find(const char *word);

/*
 * Takes the options out of argv and packs what is left at its front. Returns
 * how much that is, or -1 after a complaint.
 */
int options_parse(struct svctl *s, int argc, char **argv);
/* Complains about options that the verb does not take. */
bool options_check(const struct svctl *s, const struct verb *verb);

#endif
