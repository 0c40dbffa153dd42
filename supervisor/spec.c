#include "supervisor/spec.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/probe.h"
#include "lib/reason.h"
#include "lib/state.h"
#include "lib/words.h"
#include "supervisor/environment.h"
#include "supervisor/spec_private.h"

#define PATH_DEFAULT                                                           \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void
spec_fail(struct spec_builder *b, enum spawn_step step, int error,
	const char *format, const char *object)
{
	struct fmt f;

	if (b->result != SPEC_OK)
		return;
	b->result = SPEC_FAILED;
	*b->error = (int32_t)((uint32_t)step << 16 | (uint32_t)error);
	fmt_init(&f, b->text, b->text_cap);
	fmt_str(&f, format);
	fmt_str(&f, object);
}

void *
spec_get(struct spec_builder *b, size_t size)
{
	void *memory = arena_alloc(b->arena, size);

	if (!memory && b->result == SPEC_OK)
		b->result = SPEC_FULL;
	return memory;
}

static const char *
join(struct spec_builder *b, const char *dir, size_t dir_len, const char *file)
{
	size_t file_len = strlen(file);
	char *path = spec_get(b, dir_len + file_len + 2);

	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + 1, file, file_len + 1);
	return path;
}

/* Every place where the program may be, for the child to try. */
static void
find_program(struct spec_builder *b)
{
	const char *program = b->spec->argv[0];
	const char *path = words_getenv(b->spec->envp, "PATH", 4);
	const char **list;
	size_t count = 2;
	size_t n = 0;

	/* The definition may have taken it out. */
	if (!path)
		path = PATH_DEFAULT;
	for (const char *at = path; *at != '\0'; at++)
		count += *at == ':';
	list = spec_get(b, (count + 1) * sizeof(*list));
	if (!list)
		return;
	b->spec->program = list;
	if (strchr(program, '/')) {
		list[0] = program;
		return;
	}
	while (path && *path != '\0') {
		size_t len = strcspn(path, ":");

		if (len > 0)
			list[n++] = join(b, path, len, program);
		path += len + (path[len] == ':');
	}
}

static void
find_words(struct spec_builder *b, const char *command,
	const struct spec_context *context)
{
	struct def_error error;
	bool is_privileged;
	const char *text =
		def_command_flags(command, &b->spec->may_fail, &is_privileged);
	const char **words = NULL;
	unsigned count = 0;

	b->words.env = b->spec->envp;
	if (context->command) {
		b->spec->argv = context->command;
		find_program(b);
		return;
	}
	b->is_privileged = is_privileged;
	if (is_privileged)
		b->spec->has_user = false;
	if (!words_split(text, WORDS_VARIABLES, &b->words, b->arena, &words,
		    &count, &error)) {
		spec_fail(b, STEP_DEFINITION, EINVAL, error.text, "");
		return;
	}
	if (count == 0 || words[0][0] == '\0') {
		spec_fail(b, STEP_DEFINITION, EINVAL,
			"the command is empty once expanded: ", text);
		return;
	}
	b->spec->argv = words;
	find_program(b);
}

/* NAME and what comes behind it. */
static const char *
pipe_name(struct spec_builder *b, const char *name, const char *suffix)
{
	size_t len = strlen(name);
	size_t suffix_len = strlen(suffix);
	char *file = spec_get(b, len + suffix_len + 1);

	if (!file)
		return NULL;
	memcpy(file, name, len);
	memcpy(file + len, suffix, suffix_len + 1);
	return file;
}

static void
find_output(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	bool is_stdout = def->log == LOG_TO_DEFAULT
				 ? context->is_log_default_stdout
				 : (def->log & LOG_TO_STDOUT) != 0;

	if (context->has_pipes && context->is_sink)
		b->spec->in_name = pipe_name(b, context->name, SPEC_IN);
	/* Its definition says none where nobody has said what. */
	b->spec->is_quiet = (def->log == LOG_TO_NONE && !context->command) ||
			    (b->is_hook && def_is_output_tty(def));
	if (b->spec->is_quiet || def_is_output_tty(def) ||
		def->log == LOG_TO_NONE)
		return;
	if (!is_stdout || (def->log & LOG_TO_FILE) != 0)
		b->spec->log_name = context->name;
	if (!context->has_pipes)
		return;
	b->spec->out_name = context->name;
	b->spec->err_name = context->name;
	if (!def->log_streams)
		return;
	b->spec->err_name = pipe_name(b, context->name, SPEC_ERR);
}

const char *
spec_expand(struct spec_builder *b, const char *text)
{
	const char *path =
		text ? words_expand(text, &b->words, b->arena) : NULL;

	if (text && !path && b->result == SPEC_OK)
		b->result = SPEC_FULL;
	return path;
}

static void
find_directories(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	b->spec->directory = context->command ? "." : "/";
	/* A directory below the root may not be there outside of it. */
	if (b->is_privileged && def->root_directory)
		return;
	b->spec->root = spec_expand(b, def->root_directory);
	if (def->working_directory)
		b->spec->directory = spec_expand(b, def->working_directory);
}

static void
find_input(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	const char *input = def->standard_input;

	if (b->is_hook)
		return;
	b->spec->terminal = spec_expand(b, def->tty);
	b->spec->is_output_terminal = def_is_output_tty(def);
	b->spec->is_attached = context->command && !def->tty;
	b->spec->is_input_ours =
		b->spec->is_attached && !input && !context->is_sink;
	if (!input || strcmp(input, "tty") == 0)
		b->spec->is_input_terminal = def->tty != NULL;
	else if (strcmp(input, "null") != 0)
		b->spec->input = spec_expand(b, input);
}

static void
find_umask(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	unsigned mask = context->command ? context->umask : 022;

	if (def->umask && !limits_umask_parse(def->umask, &mask))
		spec_fail(
			b, STEP_DEFINITION, EINVAL, "bad umask: ", def->umask);
	b->spec->umask = (mode_t)mask;
}

/* Without a user it runs as we do. */
static const char *
own(const struct spec_context *context, const char *name, const char *none)
{
	const char *value = words_getenv(context->environ, name, 4);

	return value ? value : none;
}

static void
find_ready(struct spec_builder *b, const struct def *def,
	const struct spec_context *context)
{
	struct probe probe;
	size_t len = strlen(context->name);
	char *name;

	if (def->type != TYPE_PROCESS || !def->ready || !context->has_pipes ||
		probe_parse(def->ready, &probe) != PROBE_OK ||
		probe.kind != PROBE_FD)
		return;
	name = spec_get(b, len + sizeof(SPEC_READY));
	if (!name)
		return;
	memcpy(name, context->name, len);
	memcpy(name + len, SPEC_READY, sizeof(SPEC_READY));
	b->spec->ready_name = name;
	b->spec->ready_fd = (int)probe.number;
}

enum spec_result
spec_build(struct spec *spec, const struct def *def, unsigned command,
	const struct spec_context *context, struct arena *arena, int32_t *error,
	char *text, size_t text_cap)
{
	struct spec_builder b = {.spec = spec,
		.arena = arena,
		.error = error,
		.text = text,
		.text_cap = text_cap,
		.is_hook = command >> 8 != PART_MAIN,
		.result = SPEC_OK};
	const char *line;

	*spec = (struct spec){0};
	text[0] = '\0';
	find_output(&b, def, context);
	/* A command around it would take lines away from it. */
	if (command >> 8 != PART_MAIN)
		spec->in_name = NULL;
	if (command >> 8 == PART_MAIN)
		find_ready(&b, def, context);
	if (spec_is_own_memory(def, context) && !context->has_own_memory)
		return b.result == SPEC_OK ? SPEC_BLOCKING : b.result;
	/* One whose definition lost commands while it ran. */
	line = def_part_command(def, command >> 8, command & 0xff);
	if (!line) {
		spec_fail(&b, STEP_DEFINITION, EINVAL, "no such command", "");
		return SPEC_FAILED;
	}
	spec_find_user(&b, def);
	b.words = (struct words_context){.name = context->name,
		.runtime = context->runtime,
		.user = b.user ? b.user : own(context, "USER", "root"),
		.home = b.home ? b.home : own(context, "HOME", "/"),
		.host = context->host};
	if (b.result == SPEC_OK)
		environment_build(&b, def, context, PATH_DEFAULT);
	if (b.result == SPEC_OK)
		find_words(&b, line, context);
	if (b.result == SPEC_OK)
		find_directories(&b, def, context);
	find_input(&b, def, context);
	find_umask(&b, def, context);
	spec_find_limits(&b, def, context);
	return b.result;
}
