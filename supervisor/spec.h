/*
 * All that a child needs between clone and exec, computed before: plain data
 * in one arena, which must stay until the child has its own memory.
 */
#ifndef SUPERVISOR_SPEC_H
#define SUPERVISOR_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/limits.h"

/* Behind NAME for standard error; no name of a service has a comma. */
#define SPEC_ERR ",err"
/* The same for what others log to it. */
#define SPEC_IN ",in"

struct arena;
struct def;

struct spec_limit {
	int resource;  /* RLIMIT_* */
	unsigned step; /* of lib/reason.h, when it cannot be set */
	struct limits_pair pair;
};

/* What a service has asked for; oom needs memory of its own. */
struct spec_limits {
	struct spec_limit limit[LIMITS_RESOURCES];
	unsigned count;
	bool has_nice;
	bool has_io_priority;
	bool has_scheduling;
	bool has_oom;
	int nice;
	int io_priority;
	int policy;
	int priority;
	int oom;
	unsigned long *cpus; /* NULL: all */
	size_t cpus_bytes;
};

struct spec {
	const char *const *argv;
	const char *const *envp;
	const char *const *program; /* paths to try in order */
	const char *directory;
	const char *root;     /* NULL: no other one */
	const char *terminal; /* NULL: none */
	const char *input;    /* a file; NULL: terminal or /dev/null */
	bool is_input_ours;   /* none of these: it keeps what we have */
	const struct spec_limits *limits; /* NULL: none */
	/* FIFOs below `pipe`, the same for both if need be; NULL: none */
	const char *out_name;
	const char *err_name;
	const char *in_name; /* the same for its standard input */
	/* Without them: below the log directory; NULL: not a file */
	const char *log_name;
	/* A FIFO below `pipe` that it gets as ready_fd; NULL: none */
	const char *ready_name;
	int ready_fd;
	char *pid_text;	  /* where the child writes its pid; NULL: nowhere */
	bool is_attached; /* stays in our session, with our terminal */
	bool is_input_terminal;
	bool is_output_terminal;
	bool is_quiet;	   /* output to /dev/null, else as the supervisor's */
	bool has_user;	   /* the three below count */
	bool has_groups;   /* else the supplementary groups are emptied */
	bool may_fail;	   /* the command's '-' */
	bool needs_groups; /* groups of the definition: no start without */
	mode_t umask;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t groups_len;
};

/* Behind NAME for the newline of `ready = fd:N`. */
#define SPEC_READY ",ready"
/* Digits of a pid, and a NUL. */
#define SPEC_PID_CAP 11u

/* What the supervisor knows and the definition does not. */
struct spec_context {
	const char *name;
	const char *runtime;
	const char *host;
	const char *const *environ;
	const char *notify; /* path of the socket, NULL: there is none */
	bool is_log_default_stdout;
	bool is_sink;		     /* others log to its standard input */
	const char *const *hook_env; /* what hook_env.h makes; NULL: none */
	/* That of a container, in place of the definition's; NULL: none. It has
	 * our descriptors, terminal, directory and umask. */
	const char *const *command;
	mode_t umask;
	bool has_pipes;	     /* there is svlog, which reads them */
	bool has_own_memory; /* a child that may read files, and the like */
	bool resets_oom;     /* our own oom_score_adj is not for services */
};

enum spec_result {
	SPEC_OK,
	SPEC_FULL,     /* the arena is too small: try again with a larger one */
	SPEC_BLOCKING, /* needs memory of its own: build it in the child; the
			* names for its output are set */
	SPEC_FAILED    /* *error is step << 16 | errno; text says more */
};

/* command: enum def_part << 8 | which of its commands. */
enum spec_result spec_build(struct spec *spec, const struct def *def,
	unsigned command, const struct spec_context *context,
	struct arena *arena, int32_t *error, char *text, size_t text_cap);

#endif
