/*
 * A service definition as tend-service(5) describes it: `key = value` text to
 * plain data. The keys, their kinds and defaults are the table in def.c, which
 * the manual is checked against. Pure: sees no file; what can only be known at
 * the start (users, variables) is left as text.
 */
#ifndef LIB_DEF_H
#define LIB_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"

struct arena;
struct fmt;

#define DEF_DELAYS_MAX	 16
#define DEF_COMMANDS_MAX 32
#define DEF_KEY_WORDS	 3 /* of 64 keys each */

enum def_restart {
	RESTART_ALWAYS = 0,
	RESTART_ON_FAILURE = 1,
	RESTART_ON_ABNORMAL = 2,
	RESTART_NEVER = 3
};
enum def_kill_mode {
	KILL_GROUP = 0,
	KILL_PROCESS = 1,
	KILL_MIXED = 2, /* main is asked to stop, its group is killed */
	KILL_ALL = 3	/* all that descends from it */
};
/*
 * What a definition lets run: the service itself, and commands around it. The
 * numbers are in the journal and never reused.
 */
enum def_part {
	PART_MAIN = 0,
	PART_START_PRE = 1,
	PART_START_POST = 2,
	PART_STOP = 3,
	PART_STOP_POST = 4,
	PART_RELOAD = 5,
	PART_CHECK = 6, /* asks whether it is ready or healthy */
	PARTS
};
/* The commands of PART_CHECK. */
#define DEF_CHECK_READY	 0u
#define DEF_CHECK_HEALTH 1u
/* Whose messages on NOTIFY_SOCKET count. */
enum def_access {
	ACCESS_NONE = 0, /* not said: main, if anything needs the socket */
	ACCESS_MAIN = 1,
	ACCESS_ALL = 2
};
/* Bits; several may be set, LOG_TO_NONE only alone. */
enum def_log {
	LOG_TO_DEFAULT = 0,
	LOG_TO_FILE = 1,
	LOG_TO_STDOUT = 2,
	LOG_TO_NONE = 4,
	LOG_TO_SERVICE = 8, /* def.log_service */
	LOG_TO_SYSLOG = 16
};
enum def_overflow {
	OVERFLOW_BLOCK = 0,
	OVERFLOW_DROP = 1
};

#define DEF_LOG_SIZE	 (1u << 20) /* defaults */
#define DEF_LOG_KEEP	 10u
#define DEF_LOG_LINE_MAX (8u << 10)

#define DEF_HEALTH_INTERVAL_MS 30000u
#define DEF_HEALTH_TIMEOUT_MS  5000u
#define DEF_HEALTH_RETRIES     3u

struct def_list {
	const char **item;
	unsigned len;
	unsigned cap;
};

/* Strings live in the arena given to def_apply. NULL: not set. */
struct def {
	const char *description;
	const char *user;
	const char *group;
	const char *working_directory;
	const char *log_service; /* where LOG_TO_SERVICE is set */
	const char *pid_file;
	const char *root_directory;
	const char *tty;	    /* unexpanded path */
	const char *standard_input; /* null, tty or a path; NULL: by tty */
	const char *umask;	    /* these as written, see lib/limits.h */
	const char *limit[LIMITS_RESOURCES];
	const char *nice;
	const char *io_priority;
	const char *cpu_affinity;
	const char *cpu_scheduling;
	const char *oom_score_adjust;
	const char *log_processor; /* as it is written */
	const char *ready;	   /* as in lib/probe.h; NULL: exec */
	const char *health;	   /* the same; NULL: none */
	struct def_list command;   /* unsplit; several only for a oneshot */
	struct def_list hook[PART_CHECK]; /* unsplit; that of main is empty */
	struct def_list requires;
	struct def_list wants;
	struct def_list after;
	struct def_list before;
	struct def_list binds_to;
	struct def_list requires_once;
	struct def_list conflicts;
	struct def_list part_of;
	struct def_list provides; /* names beside its own */
	struct def_list on_failure;
	struct def_list start_if; /* as lib/condition.h has them */
	struct def_list asserts;
	struct def_list wait_for;
	struct def_list success_status; /* exit codes and signals */
	struct def_list prevent_status;
	struct def_list enable_in; /* targets; empty means default */
	/* Unquoted; words_expand puts in the %-specifiers, also of paths. */
	struct def_list environment;	  /* NAME=value */
	struct def_list environment_file; /* path, '-' before: may be missing */
	struct def_list supplementary_groups;
	struct def_list at;		   /* lines, see lib/calendar.h */
	struct def_list unset_environment; /* names */
	uint32_t delay_ms[DEF_DELAYS_MAX];
	unsigned delays;
	uint32_t limit_count; /* 0: none */
	uint32_t limit_ms;
	uint32_t restart_reset_ms;
	uint32_t start_timeout_ms; /* DURATION_NONE: no limit */
	uint32_t stop_timeout_ms;
	uint32_t every_ms; /* 0: not so */
	uint32_t random_delay_ms;
	uint32_t log_age_ms; /* DURATION_NONE: no limit */
	uint32_t health_interval_ms;
	uint32_t health_timeout_ms; /* of one check, of `ready` as well */
	uint32_t health_retries;
	uint32_t watchdog_ms; /* DURATION_NONE: none */
	uint32_t log_keep;    /* finished files; 0: no limit */
	uint32_t log_line_max;
	uint64_t log_size;     /* bytes of a file; 0: no limit */
	uint8_t type;	       /* enum svc_type */
	uint8_t restart;       /* enum def_restart */
	uint8_t kill_mode;     /* enum def_kill_mode */
	uint8_t log;	       /* enum def_log */
	uint8_t log_overflow;  /* enum def_overflow */
	uint8_t notify_access; /* enum def_access */
	uint8_t stop_signal;
	uint8_t reload_signal; /* 0: none */
	bool is_essential;
	bool autostart;
	bool remain_after_exit;
	bool catch_up;
	bool clean_environment;
	bool log_streams; /* stdout and stderr are told apart */
	/* A bit for each key that was given, by table index. */
	uint64_t is_set[DEF_KEY_WORDS];
	const char *source;	  /* the definition's file, not tend.conf */
	const char *command_file; /* of the last command, for messages */
	unsigned command_line;
};

/* Where and what: the message names what would be right. */
struct def_error {
	const char *file; /* borrowed from the fragment */
	unsigned line;	  /* from 1; 0: the service as a whole */
	unsigned column;  /* from 1; 0: the whole line */
	char text[240];
};

/* No key set, defaults not yet filled in. */
void def_init(struct def *def);
/*
 * Takes one fragment (a definition or a drop-in, in the order of precedence,
 * lowest first). Scalars and commands replace those of earlier fragments,
 * lists add, `key =` empties; a scalar twice in one fragment is an error.
 */
bool def_apply(struct def *def, struct arena *arena, const char *file,
	const char *text, size_t len, struct def_error *error);
/* Checks keys against each other and fills in defaults. */
bool def_finish(struct def *def, struct def_error *error);
/* It runs at times: `every` or `at`. */
bool def_is_timed(const struct def *def);
/* Its terminal shows what it prints: `tty`, and `log` does not say else. */
bool def_is_output_tty(const struct def *def);

/* "FILE:LINE:COLUMN: text"; parts that are 0 are left out. */
void def_error_format(struct fmt *out, const struct def_error *error);

/* Its process is told where to send messages, by NOTIFY_SOCKET. */
bool def_has_notify(const struct def *def);

/* The text of an error, with the formats of fmt_printf. */
void def_error_text(struct def_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A command without its prefixes: '-', its failure does not matter, and '+',
 * it runs without user, limits and sandbox; in any order, each at most once.
 */
const char *
def_command_flags(const char *command, bool *may_fail, bool *is_privileged);

/* The key of a part, such as "start-pre"; "check" for PART_CHECK. */
const char *def_part_name(unsigned part);
/* Command n of a part, NULL if there is none. */
const char *def_part_command(const struct def *def, unsigned part, unsigned n);
/* A word of success-exit-status: *code is -1 or *signal 0. */
bool def_status_parse(const char *word, int *code, int *signal);

/*
 * Whether a process started by old has to be restarted for new to hold; all
 * other keys are live.
 */
bool def_needs_restart(const struct def *old, const struct def *new);

/* The n-th key's name, NULL past the end: for manuals and completion. */
const char *def_key_name(unsigned n);

#endif
