/*
 * What the processes of a service are told by us, as TEND_* variables: all of
 * them TEND_SERVICE, by which family.h knows them, and hooks a good deal more.
 */
#ifndef SUPERVISOR_HOOK_ENV_H
#define SUPERVISOR_HOOK_ENV_H

#include <stdint.h>

#define HOOK_ENV_MAX 12
#define HOOK_ENV_CAP 1536

struct supervisor;

/* NAME=value pairs; after the last one NULL. */
struct hook_env {
	const char *pair[HOOK_ENV_MAX + 1];
	char text[HOOK_ENV_CAP];
};

void hook_env_make(struct supervisor *sv, uint32_t id, unsigned part,
	struct hook_env *out);

#endif
