/*
 * The command line, of init and of the three programs whose place it takes:
 * called by the name of one of them it reads their options as they do. Pure:
 * says what was asked for, does none of it.
 */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_verdict {
	OPTIONS_RUN = 0,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_LICENSE,
	OPTIONS_BAD /* problem says what is wrong with bad */
};

enum options_place {
	PLACE_ASK_KERNEL = 0,
	PLACE_CONTAINER,
	PLACE_MACHINE
};

/* Whose name init was called by. */
enum options_like {
	LIKE_INIT = 0,
	LIKE_TINI,
	LIKE_DUMB_INIT,
	LIKE_CATATONIT
};

/* Whose end init awaits before it leaves. */
enum options_wait {
	WAIT_MAIN = 0, /* the command's */
	WAIT_GROUP,    /* and what is left of its process group */
	WAIT_ALL       /* and whatever else there is */
};

/*
 * Words for the supervisor, and the NULL behind them. Those before the first
 * are for what the caller has to say.
 */
#define OPTIONS_WORDS 32768
#define OPTIONS_FIRST 4

/* What a signal becomes on its way to the command. */
#define OPTIONS_SIGNALS 65
#define OPTIONS_DROP	0xff

/* Strings are those of argv. NULL: not given. */
struct options {
	enum options_verdict verdict; /* of the first option that has one */
	const char *bad;
	const char *problem;
	char letter[3]; /* "-x", when bad stands within a group */

	enum options_like like;
	enum options_place place;
	enum options_wait wait;
	bool to_group;	      /* signals go to the command's process group */
	bool in_session;      /* the command has a session of its own */
	bool is_pause;	      /* -P: no command, only orphans */
	bool is_supervised;   /* the supervisor runs beside a command as well */
	bool is_doctor;	      /* --doctor: the supervisor has to say it */
	bool has_dashes;      /* "--" was given */
	bool shows_reaped;    /* -w */
	bool suspends_self;   /* stops itself on TSTP, TTIN, TTOU */
	uint8_t verbosity;    /* times -v */
	uint8_t parent_death; /* -p: signal; 0: none */
	uint8_t becomes[OPTIONS_SIGNALS]; /* 0: itself; OPTIONS_DROP: nothing */
	uint32_t to_zero[8]; /* -e: bit of each exit status that becomes 0 */
	const char *config;  /* -c, for the supervisor */
	const char *runtime; /* -r, for the supervisor */
	char **command;	     /* NULL-terminated */
	const char **words;  /* for the supervisor, the command among them */
	unsigned words_len;  /* with the OPTIONS_FIRST before them */
};

/*
 * Goes on behind errors: PID 1 of a machine has to live with them. envp: where
 * TINI_* and DUMB_INIT_* are looked for; an option beats a variable. words:
 * OPTIONS_WORDS of them, all NULL; untouched where none is for the supervisor.
 */
void options_parse(
	struct options *options, char **argv, char **envp, const char **words);

/* What stands in place of exit status after -e. */
int options_status(const struct options *options, int status);
/* What a signal becomes, 0: nothing. */
int options_signal(const struct options *options, int signal);

/* What --version answers, with a newline. */
const char *options_version(const struct options *options);
/* The exit status for wrong usage. */
int options_usage_status(const struct options *options);
/* That of a command that cannot be executed because of error. */
int options_exec_status(const struct options *options, int error);

extern const char options_help[];
extern const char options_license[];

#endif
