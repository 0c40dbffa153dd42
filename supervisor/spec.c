#include "supervisor/spec.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/probe.h"
#include "lib/reason.h"
#include "lib/state.h"
#include "lib/userdb.h"
#include "lib/words.h"
#include "supervisor/environment.h"
#include "supervisor/spec_private.h"

#define GROUPS_MAX 256
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

/* NULL from the arena: the caller's next steps see b->result. */
static void *
get(struct spec_builder *b, size_t size)
{
	void *memory = arena_alloc(b->arena, size);

	if (!memory && b->result == SPEC_OK)
		b->result = SPEC_FULL;
	return memory;
}

static bool
is_number(const char *text)
{
	return *text >= '0' && *text <= '9' &&
	       text[strspn(text, "0123456789")] == '\0';
}

/*
 * An id may not wrap to another one, and the last one means "leave it as it
 * is" to the kernel: both would run the service as root.
 */
static unsigned
to_id(struct spec_builder *b, enum spawn_step step, const char *text)
{
	uint64_t n = 0;

	for (const char *at = text; *at != '\0' && n < UINT32_MAX; at++)
		n = n * 10 + (unsigned)(*at - '0');
	if (n >= UINT32_MAX)
		spec_fail(b, step, EINVAL, "no user or group has the number ",
			text);
	return (unsigned)n;
}

static const char *
copy_text(struct spec_builder *b, struct users_text text)
{
	const char *copy = arena_copy(b->arena, text.at, text.len);

	if (!copy && b->result == SPEC_OK)
		b->result = SPEC_FULL;
	return copy;
}

static bool
open_db(struct spec_builder *b, enum spawn_step step, const char *path,
	struct userdb *db)
{
	int error = userdb_open(db, path);

	if (error != 0)
		spec_fail(b, step, error, "cannot be read: ", path);
	return error == 0;
}

static void
find_group(struct spec_builder *b, struct users_text db, const char *group)
{
	if (users_find_group(db, group, &b->spec->gid))
		return;
	if (is_number(group))
		b->spec->gid = to_id(b, STEP_GROUP, group);
	else
		spec_fail(b, STEP_GROUP, 0, "no group ", group);
}

/* By name: all groups of the user. By number: none but the main one. */
static void
find_groups(struct spec_builder *b, struct users_text db, const char *user)
{
	gid_t list[GROUPS_MAX] = {b->spec->gid};
	gid_t *copy;
	size_t len = 1;

	if (!users_add_groups(db, user, list, GROUPS_MAX, &len)) {
		spec_fail(b, STEP_GROUPS, E2BIG, "too many groups: ", user);
		return;
	}
	copy = get(b, len * sizeof(*copy));
	if (!copy)
		return;
	memcpy(copy, list, len * sizeof(*copy));
	b->spec->groups = copy;
	b->spec->groups_len = len;
	b->spec->has_groups = true;
}

static void
take_user(struct spec_builder *b, const struct def *def, struct users_text db)
{
	struct users_user user;

	if (!users_find(db, def->user, &user)) {
		if (!is_number(def->user)) {
			spec_fail(b, STEP_USER, 0, "no user ", def->user);
			return;
		}
		b->spec->uid = to_id(b, STEP_USER, def->user);
		if (b->result != SPEC_OK)
			return;
		if (!users_find_uid(db, b->spec->uid, &user)) {
			if (!def->group)
				spec_fail(b, STEP_GROUP, 0,
					"a user without name needs group =: ",
					def->user);
			return;
		}
	}
	b->spec->uid = user.uid;
	b->spec->gid = user.gid;
	b->user = copy_text(b, user.name);
	b->home = copy_text(b, user.home);
	b->shell = copy_text(b, user.shell);
}

static void
find_user(struct spec_builder *b, const struct def *def)
{
	bool is_named = def->user && !is_number(def->user);
	struct userdb db;

	if (!def->user && !def->group)
		return;
	b->spec->has_user = true;
	b->spec->uid = geteuid();
	b->spec->gid = getegid();
	if (def->user) {
		if (open_db(b, STEP_USER, USERDB_PASSWD, &db))
			take_user(b, def, db.text);
		userdb_close(&db);
	}
	if (b->result != SPEC_OK || (!def->group && !is_named))
		return;
	if (open_db(b, STEP_GROUP, USERDB_GROUP, &db)) {
		if (def->group)
			find_group(b, db.text, def->group);
		if (is_named && b->result == SPEC_OK)
			find_groups(b, db.text, def->user);
	}
	userdb_close(&db);
}

static const char *
join(struct spec_builder *b, const char *dir, size_t dir_len, const char *file)
{
	size_t file_len = strlen(file);
	char *path = get(b, dir_len + file_len + 2);

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

	for (const char *at = path; at && *at != '\0'; at++)
		count += *at == ':';
	list = get(b, (count + 1) * sizeof(*list));
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
find_words(struct spec_builder *b, const char *command)
{
	struct def_error error;
	bool is_privileged;
	const char *text =
		def_command_flags(command, &b->spec->may_fail, &is_privileged);
	const char **words = NULL;
	unsigned count = 0;

	b->words.env = b->spec->envp;
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
	char *file = get(b, len + suffix_len + 1);

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
	b->spec->is_quiet = def->log == LOG_TO_NONE;
	if (b->spec->is_quiet)
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

static void
find_directory(struct spec_builder *b, const struct def *def)
{
	b->spec->directory = "/";
	if (!def->working_directory)
		return;
	b->spec->directory =
		words_expand(def->working_directory, &b->words, b->arena);
	if (!b->spec->directory && b->result == SPEC_OK)
		b->result = SPEC_FULL;
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
	name = get(b, len + sizeof(SPEC_READY));
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
	if (def->environment_file.len > 0 && !context->reads_files)
		return b.result == SPEC_OK ? SPEC_BLOCKING : b.result;
	/* One whose definition lost commands while it ran. */
	line = def_part_command(def, command >> 8, command & 0xff);
	if (!line) {
		spec_fail(&b, STEP_DEFINITION, EINVAL, "no such command", "");
		return SPEC_FAILED;
	}
	find_user(&b, def);
	b.words = (struct words_context){.name = context->name,
		.runtime = context->runtime,
		.user = b.user ? b.user : own(context, "USER", "root"),
		.home = b.home ? b.home : own(context, "HOME", "/"),
		.host = context->host};
	if (b.result == SPEC_OK)
		environment_build(&b, def, context, PATH_DEFAULT);
	if (b.result == SPEC_OK)
		find_words(&b, line);
	if (b.result == SPEC_OK)
		find_directory(&b, def);
	return b.result;
}
