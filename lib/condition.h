/*
 * What a service asks of the machine before it starts: an item of start-if or
 * assert, such as "!path:/etc/x", or of wait-for, such as "mount:/data". Pure:
 * what is asked, not whether it holds.
 */
#ifndef LIB_CONDITION_H
#define LIB_CONDITION_H

#include <stdbool.h>

/* "Where and what", in the order of condition.c's table. */
enum condition_kind {
	CONDITION_PATH,	      /* something has this name, or matches it */
	CONDITION_DIR,	      /* a directory */
	CONDITION_NONEMPTY,   /* a file or directory with something in it */
	CONDITION_EXECUTABLE, /* a file that may be executed */
	CONDITION_USER,	      /* whom the supervisor runs as: name, number */
	CONDITION_ENV,	      /* NAME, or NAME=value, of the supervisor */
	CONDITION_CMDLINE,    /* a word of the kernel's, or KEY of KEY=... */
	CONDITION_CONTAINER,  /* this is one */
	CONDITION_EXEC,	      /* a command that ends well */
	CONDITION_MOUNT,      /* wait-for: something is mounted there */
	CONDITION_NET,	      /* wait-for: an interface, or `default` */
	CONDITION_KINDS
};

struct condition {
	enum condition_kind kind;
	bool is_negated;
	const char *arg; /* within the text; "" for container */
};

/*
 * False: *wrong (static text) says what would be right. is_wait: of wait-for,
 * which knows path:, mount: and net:, and no `!`.
 */
bool condition_parse(const char *text, bool is_wait, struct condition *out,
	const char **wrong);

/* "exec:" comes first: what follows is one command with its arguments. */
bool condition_is_command(const char *text);

#endif
