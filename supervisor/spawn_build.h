/*
 * From a service's section in `loaded` to a spec, in memory that grows until
 * the definition fits.
 */
#ifndef SUPERVISOR_SPAWN_BUILD_H
#define SUPERVISOR_SPAWN_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/paths.h"
#include "supervisor/spec.h"

struct arena;
struct def;
struct supervisor;

struct spawn_memory {
	char *base; /* the caller's, used first */
	size_t cap;
	void *extra; /* mapped when base is too small, else NULL */
	size_t extra_len;
};

/*
 * Builds spec within memory. has_own_memory: the child is one of its own (it
 * may block). On SPEC_FAILED the reason was logged and *error is set.
 */
enum spec_result spawn_build(struct supervisor *sv, uint32_t id,
	unsigned command, bool has_own_memory, struct spec *spec,
	struct spawn_memory *memory, int32_t *error);
/* The whole definition, in an arena that is mapped for it. False: none. */
bool spawn_definition(struct supervisor *sv, uint32_t id, struct arena *arena,
	struct def *def);
void spawn_definition_free(struct arena *arena);
/* A command of the definition as it is written there, for messages; "". */
void spawn_command(struct supervisor *sv, uint32_t id, unsigned command,
	char *out, size_t cap);
/* Its pid-file; false: it has none. */
bool spawn_pid_file(struct supervisor *sv, uint32_t id, char out[PATHS_CAP]);
/* Its section of `loaded`, section_len bytes. False: it cannot be read. */
bool spawn_section(const struct supervisor *sv, uint32_t id, char *bytes);
/* The definition in force, within arena. False: it cannot be read. */
bool spawn_read_definition(struct supervisor *sv, uint32_t id,
	struct arena *arena, struct def *def);
void spawn_memory_free(struct spawn_memory *memory);

#endif
