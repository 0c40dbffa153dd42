#include "supervisor/ask_child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/condition.h"
#include "lib/def.h"
#include "lib/loaded.h"
#include "lib/userdb.h"
#include "lib/words.h"
#include "supervisor/child.h"
#include "supervisor/condition.h"
#include "supervisor/raw.h"
#include "supervisor/spawn_build.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"

extern char **environ;

/* What it needs stays until release(). NULL: no memory, or no definition. */
static struct def *
read_def(const struct supervisor *sv, uint32_t id, struct arena *arena)
{
	const struct service *service = &sv->service[id];
	struct def_error error;
	struct def *def = malloc(sizeof(*def));
	char *bytes = malloc(service->section_len + 1);

	arena_init(arena, malloc(LOADED_ARENA_BYTES), LOADED_ARENA_BYTES);
	if (!arena->base || !def || !bytes || !spawn_section(sv, id, bytes) ||
		!loaded_parse(
			bytes, service->section_len, arena, def, &error)) {
		free(def);
		free(arena->base);
		def = NULL;
	}
	free(bytes);
	return def;
}

static const char *
home_of(const struct def *def)
{
	static char home[4096];
	struct users_user user;
	struct userdb db;

	if (!def->user || userdb_open(&db, USERDB_PASSWD) != 0)
		return getenv("HOME");
	home[0] = '\0';
	if (users_find(db.text, def->user, &user) &&
		user.home.len < sizeof(home)) {
		memcpy(home, user.home.at, user.home.len);
		home[user.home.len] = '\0';
	}
	userdb_close(&db);
	return home;
}

/* With its specifiers put in. */
static bool
expand(const struct supervisor *sv, uint32_t id, const struct def *def,
	const char *item, bool is_wait, struct arena *arena,
	struct condition *out)
{
	struct words_context context = {.name = service_name(sv, id),
		.runtime = sv->runtime,
		.user = def->user ? def->user : getenv("USER"),
		.home = home_of(def),
		.host = sv->host};
	const char *wrong;
	const char *text = words_expand(item, &context, arena);

	return text && condition_parse(text, is_wait, out, &wrong);
}

static int
wait_for_all(const struct supervisor *sv, uint32_t id, const struct def *def,
	struct arena *arena)
{
	for (unsigned i = 0; i < def->wait_for.len; i++) {
		struct condition condition;

		if (!expand(sv, id, def, def->wait_for.item[i], true, arena,
			    &condition))
			return ASK_ERROR;
		condition_wait(&condition);
	}
	return ASK_HOLDS;
}

/* Which item does not hold, -1: all do, -2: it cannot be said. */
static int
look_at_list(const struct supervisor *sv, uint32_t id, const struct def *def,
	const struct def_list *list, struct arena *arena)
{
	for (unsigned i = 0; i < list->len; i++) {
		struct condition condition;

		if (condition_is_command(list->item[i]))
			continue;
		if (!expand(sv, id, def, list->item[i], false, arena,
			    &condition))
			return -2;
		if (!condition_holds(&condition, sv->is_container))
			return i > ASK_ITEMS ? (int)ASK_ITEMS : (int)i;
	}
	return -1;
}

/* The n-th item with a command; its place in its list goes to *at. */
static const char *
find_command(const struct def *def, unsigned n, bool *is_assert, unsigned *at)
{
	const struct def_list *lists[] = {&def->start_if, &def->asserts};

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < lists[k]->len; i++)
			if (condition_is_command(lists[k]->item[i]) &&
				n-- == 0) {
				*is_assert = k == 1;
				*at = i;
				return lists[k]->item[i];
			}
	return NULL;
}

static int
look_at_all(const struct supervisor *sv, uint32_t id, const struct def *def,
	struct arena *arena)
{
	int skip = look_at_list(sv, id, def, &def->start_if, arena);
	int assert_ = -1;
	bool is_assert;
	unsigned at;

	if (skip == -1)
		assert_ = look_at_list(sv, id, def, &def->asserts, arena);
	if (skip == -2 || assert_ == -2)
		return ASK_ERROR;
	if (skip >= 0)
		return ASK_SKIP + skip;
	if (assert_ >= 0)
		return ASK_ASSERT + assert_;
	return find_command(def, 0, &is_assert, &at) ? ASK_MORE : ASK_HOLDS;
}

/* As the service would run it, but for its output. */
static void
run_command(struct supervisor *sv, uint32_t id, struct def *def, unsigned n,
	struct arena *arena)
{
	static struct spec spec;
	static uint32_t error;
	struct spec_context context = {.name = service_name(sv, id),
		.runtime = sv->runtime,
		.host = sv->host,
		.environ = (const char *const *)environ,
		.has_own_memory = true};
	struct child_context child = {.spec = &spec,
		.error = &error,
		.runtime_fd = sv->runtime_fd,
		.log_fd = sv->log_fd,
		.null_fd = sv->null_fd,
		.pipe_fd = -1,
		.nofile = sv->nofile[1] != 0 ? sv->nofile : NULL};
	char text[512];
	int32_t failed = 0;
	bool is_assert;
	unsigned at;
	const char *item = find_command(def, n, &is_assert, &at);

	if (!item)
		return;
	item = strchr(item, ':') + 1;
	def->command.item = &item;
	def->command.len = 1;
	def->log = LOG_TO_NONE;
	if (spec_build(&spec, def, 0, &context, arena, &failed, text,
		    sizeof(text)) == SPEC_OK)
		child_run(&child);
}

int
ask_command_result(
	const struct supervisor *sv, uint32_t id, unsigned n, int32_t status)
{
	struct arena arena;
	struct def *def = read_def(sv, id, &arena);
	bool is_assert;
	unsigned at;
	int result = ASK_ERROR;
	const char *item = def ? find_command(def, n, &is_assert, &at) : NULL;

	/* The definition may have lost it meanwhile: look at all again. */
	if (item) {
		bool holds = (status == 0) != (*item == '!');

		if (at > ASK_ITEMS)
			at = ASK_ITEMS;
		if (!holds)
			result =
				(int)((is_assert ? ASK_ASSERT : ASK_SKIP) + at);
		else
			result = find_command(def, n + 1, &is_assert, &at)
					 ? ASK_MORE
					 : ASK_HOLDS;
	}
	if (def)
		free(arena.base);
	free(def);
	return result;
}

int
ask_child_run(void *arg)
{
	const struct ask_task *task = arg;
	struct arena arena;
	struct def *def;
	int code = ASK_ERROR;

	/* Nobody listens to it once the supervisor is gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A command does so itself, which is no leader of a group then. */
	if (task->stage < ASK_STAGE_EXEC)
		raw0(SYS_setsid);
	def = read_def(task->sv, task->id, &arena);
	if (def && task->stage >= ASK_STAGE_EXEC)
		run_command(task->sv, task->id, def,
			task->stage - ASK_STAGE_EXEC, &arena);
	/* It may hang for long, and ours are not for it to keep open. */
	raw3(SYS_close_range, 3, ~0u, 0);
	if (def && task->stage == ASK_STAGE_WAIT)
		code = wait_for_all(task->sv, task->id, def, &arena);
	else if (def && task->stage == ASK_STAGE_FILES)
		code = look_at_all(task->sv, task->id, def, &arena);
	raw1(SYS_exit_group, code);
	return code;
}
