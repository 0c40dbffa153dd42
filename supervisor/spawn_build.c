#include "supervisor/spawn_build.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/loaded.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/words.h"
#include "supervisor/cgroup.h"
#include "supervisor/hook_env.h"
#include "supervisor/notify.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

#define EXTRA_FIRST ((size_t)LOADED_ARENA_BYTES)
#define EXTRA_MOST  ((size_t)64 << 20)

static bool
read_section(
	const struct supervisor *sv, const struct service *service, char *bytes)
{
	size_t len = service->section_len;

	if (!sv->loaded)
		return pread(sv->loaded_fd, bytes, len, service->section) ==
		       (ssize_t)len;
	if (service->section > sv->loaded_len ||
		len > sv->loaded_len - service->section)
		return false;
	memcpy(bytes, sv->loaded + service->section, len);
	return true;
}

static enum spec_result
try_build(struct supervisor *sv, uint32_t id, unsigned command,
	bool has_own_memory, struct spec *spec, struct arena *arena,
	int32_t *error, char *text, size_t text_cap)
{
	const struct service *service = &sv->service[id];
	struct spec_context context = {.name = service_name(sv, id),
		.runtime = sv->runtime,
		.host = sv->host,
		.environ = sv->environ,
		/* A command around it has no watchdog, and is not it. */
		.notify = command >> 8 == PART_MAIN ? notify_path(sv) : NULL,
		.is_log_default_stdout = sv->is_container,
		.has_pipes = sv->pipe_fd >= 0,
		.is_sink = service->is_sink,
		.has_own_memory = has_own_memory,
		.resets_oom = sv->has_oom_score};
	struct def def;
	struct def_error def_error;
	struct hook_env env;
	char *bytes = arena_alloc(arena, service->section_len + 1);

	if (!bytes)
		return SPEC_FULL;
	if (!read_section(sv, service, bytes)) {
		*error = (int32_t)STEP_DEFINITION << 16 | EIO;
		return SPEC_FAILED;
	}
	if (!loaded_parse(
		    bytes, service->section_len, arena, &def, &def_error)) {
		*error = (int32_t)STEP_DEFINITION << 16 | EINVAL;
		return SPEC_FAILED;
	}
	if (sv->given.command && command >> 8 == PART_MAIN &&
		id == zero_main(sv)) {
		context.command = sv->given.command;
		context.umask = sv->umask;
	}
	hook_env_make(sv, id, command >> 8, &env);
	context.hook_env = env.pair;
	return spec_build(
		spec, &def, command, &context, arena, error, text, text_cap);
}

enum spec_result
spawn_build(struct supervisor *sv, uint32_t id, unsigned command,
	bool has_own_memory, struct spec *spec, struct spawn_memory *memory,
	int32_t *error)
{
	char text[512] = "";
	struct arena arena;
	enum spec_result result;
	size_t cap = EXTRA_FIRST;

	arena_init(&arena, memory->base, memory->cap);
	result = try_build(sv, id, command, has_own_memory, spec, &arena, error,
		text, sizeof(text));
	/* A parser that ran out of room says so in words: try with more. */
	while ((result == SPEC_FULL ||
		       (result == SPEC_FAILED && !memory->extra)) &&
		cap <= EXTRA_MOST) {
		spawn_memory_free(memory);
		memory->extra = mmap(NULL, cap, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory->extra == MAP_FAILED) {
			memory->extra = NULL;
			*error = (int32_t)STEP_DEFINITION << 16 | ENOMEM;
			return SPEC_FAILED;
		}
		memory->extra_len = cap;
		arena_init(&arena, memory->extra, cap);
		result = try_build(sv, id, command, has_own_memory, spec,
			&arena, error, text, sizeof(text));
		cap *= 8;
	}
	if (result == SPEC_FULL) {
		*error = (int32_t)STEP_DEFINITION << 16 | E2BIG;
		result = SPEC_FAILED;
	}
	if (result == SPEC_FAILED && text[0] != '\0')
		log_error("%s: %s", service_name(sv, id), text);
	/* To join it the child opens a file. */
	if (!has_own_memory && result != SPEC_FAILED && cgroup_prepare(sv, id))
		return SPEC_BLOCKING;
	return result;
}

bool
spawn_definition(struct supervisor *sv, uint32_t id, struct arena *arena,
	struct def *def)
{
	const struct service *service = &sv->service[id];
	struct def_error error;
	void *base = mmap(NULL, LOADED_ARENA_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *bytes;

	if (base == MAP_FAILED)
		return false;
	arena_init(arena, base, LOADED_ARENA_BYTES);
	bytes = arena_alloc(arena, service->section_len + 1);
	if (bytes && read_section(sv, service, bytes) &&
		loaded_parse(bytes, service->section_len, arena, def, &error))
		return true;
	spawn_definition_free(arena);
	return false;
}

void
spawn_definition_free(struct arena *arena)
{
	munmap(arena->base, LOADED_ARENA_BYTES);
}

void
spawn_command(struct supervisor *sv, uint32_t id, unsigned command, char *out,
	size_t cap)
{
	struct def def;
	struct arena arena;
	const char *line;
	struct fmt f;

	fmt_init(&f, out, cap);
	if (!spawn_definition(sv, id, &arena, &def))
		return;
	line = def_part_command(&def, command >> 8, command & 0xff);
	fmt_str(&f, line ? line : "");
	spawn_definition_free(&arena);
}

bool
spawn_pid_file(struct supervisor *sv, uint32_t id, char out[PATHS_CAP])
{
	struct words_context words = {.name = service_name(sv, id),
		.runtime = sv->runtime,
		.user = "root",
		.home = "/",
		.host = sv->host};
	const char *path = NULL;
	struct arena arena;
	struct def def;
	struct fmt f;

	fmt_init(&f, out, PATHS_CAP);
	if (!spawn_definition(sv, id, &arena, &def))
		return false;
	if (def.pid_file)
		path = words_expand(def.pid_file, &words, &arena);
	fmt_str(&f, path ? path : "");
	spawn_definition_free(&arena);
	return out[0] != '\0';
}

bool
spawn_section(const struct supervisor *sv, uint32_t id, char *bytes)
{
	return read_section(sv, &sv->service[id], bytes);
}

bool
spawn_read_definition(struct supervisor *sv, uint32_t id, struct arena *arena,
	struct def *def)
{
	const struct service *service = &sv->service[id];
	struct def_error error;
	char *bytes = arena_alloc(arena, service->section_len + 1);

	return bytes && read_section(sv, service, bytes) &&
	       loaded_parse(bytes, service->section_len, arena, def, &error);
}

void
spawn_memory_free(struct spawn_memory *memory)
{
	if (memory->extra)
		munmap(memory->extra, memory->extra_len);
	memory->extra = NULL;
}
