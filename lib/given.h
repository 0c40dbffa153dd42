/*
 * What is said of services beside all files: on the command line of the
 * supervisor (-S NAME=COMMAND, -- COMMAND) and in its environment
 * (TEND_SVC_NAME_KEY=VALUE, with - . @ : + of names and keys written as _).
 * It stands above every file. Pure.
 */
#ifndef LIB_GIVEN_H
#define LIB_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"

/* The service that is the command behind --. */
#define GIVEN_MAIN "main"
/* Variables that begin with it are for the supervisor, and for nobody else. */
#define GIVEN_PREFIX	 "TEND_SVC_"
#define GIVEN_PREFIX_LEN (sizeof(GIVEN_PREFIX) - 1)

/* All borrowed. */
struct given {
	const char *const *service; /* NAME=COMMAND of each -S */
	size_t services;
	const char *const *command; /* NULL-terminated; NULL: none */
	const char *const *environ; /* all of it, NULL-terminated */
};

/* Is there anything at all? */
bool given_is_any(const struct given *given);

/*
 * NAME=COMMAND. False: it names no service, and problem says why; else command
 * is what is behind the = without blanks around it.
 */
bool given_split(const char *word, char name[NAME_CAP], const char **command,
	size_t *command_len, const char **problem);
/* There is a -S for it, or it is the command behind --. */
bool given_has(const struct given *given, const char *name);
/* The first -S for a service, how many there are in *count. */
const char *
given_find(const struct given *given, const char *name, unsigned *count);

struct given_variable {
	const char *name; /* of the service, as the variable writes it */
	size_t name_len;
	const char *key;   /* that of tend-service(5); NULL: there is none */
	const char *value; /* behind the = */
	size_t len;	   /* of the variable's own name */
};

/*
 * Of the keys that its end may mean the longest is meant. False: it is another
 * variable; with one that has no key in it name is all that is behind the
 * prefix.
 */
bool given_variable(const char *pair, struct given_variable *out);
/* Does a variable name this service by these bytes? */
bool given_is_name(const char *bytes, size_t len, const char *name);

#endif
