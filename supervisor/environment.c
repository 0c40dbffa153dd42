#include "supervisor/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/duration.h"
#include "lib/envfile.h"
#include "lib/fmt.h"
#include "supervisor/spec_private.h"

#define FILE_MAX ((off_t)1 << 20)

struct vector {
	struct spec_builder *b;
	const char **item;
	size_t len;
	size_t cap;
};

static void
full(struct vector *v)
{
	if (v->b->result == SPEC_OK)
		v->b->result = SPEC_FULL;
}

/* NAME=value replaces an earlier NAME=. */
static void
set(void *context, const char *pair)
{
	struct vector *v = context;
	size_t name_len = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < v->len; i++)
		if (strncmp(v->item[i], pair, name_len) == 0) {
			v->item[i] = pair;
			return;
		}
	if (v->len + 1 == v->cap) {
		size_t cap = v->cap * 2;
		const char **more =
			arena_alloc(v->b->arena, cap * sizeof(*more));

		if (!more) {
			full(v);
			return;
		}
		memcpy(more, v->item, v->len * sizeof(*more));
		v->item = more;
		v->cap = cap;
	}
	v->item[v->len++] = pair;
	v->item[v->len] = NULL;
}

static void
unset(struct vector *v, const char *name)
{
	size_t len = strlen(name);
	size_t kept = 0;

	for (size_t i = 0; i < v->len; i++)
		if (strncmp(v->item[i], name, len) != 0 ||
			v->item[i][len] != '=')
			v->item[kept++] = v->item[i];
	v->len = kept;
	v->item[kept] = NULL;
}

static void
set_pair(struct vector *v, const char *name, const char *value)
{
	size_t cap = strlen(name) + strlen(value) + 2;
	char *pair = arena_alloc(v->b->arena, cap);
	struct fmt f;

	if (!pair) {
		full(v);
		return;
	}
	fmt_init(&f, pair, cap);
	fmt_str(&f, name);
	fmt_char(&f, '=');
	fmt_str(&f, value);
	set(v, pair);
}

static char *
read_file(struct spec_builder *b, const char *path, size_t *len)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > FILE_MAX)
		errno = EFBIG;
	else if (!(text = arena_alloc(b->arena, (size_t)st.st_size + 1)))
		b->result = SPEC_FULL;
	else {
		ssize_t n = read(fd, text, (size_t)st.st_size);

		if (n < 0)
			text = NULL;
		*len = n < 0 ? 0 : (size_t)n;
	}
	close(fd);
	return text;
}

static void
take_file(struct vector *v, const char *item)
{
	struct def_error error;
	bool may_be_missing = *item == '-';
	const char *path =
		words_expand(item + may_be_missing, &v->b->words, v->b->arena);
	char *text;
	size_t len = 0;
	char message[400];
	struct fmt f;

	if (!path) {
		full(v);
		return;
	}
	text = read_file(v->b, path, &len);
	if (!text) {
		if (v->b->result == SPEC_OK &&
			!(may_be_missing && errno == ENOENT))
			spec_fail(v->b, STEP_ENVIRONMENT, errno, path, "");
		return;
	}
	if (envfile_parse(path, text, len, v->b->arena, set, v, &error))
		return;
	fmt_init(&f, message, sizeof(message));
	def_error_format(&f, &error);
	spec_fail(v->b, STEP_ENVIRONMENT, EINVAL, message, "");
}

static void
set_user(struct vector *v)
{
	if (!v->b->user)
		return;
	set_pair(v, "HOME", v->b->home);
	set_pair(v, "USER", v->b->user);
	set_pair(v, "LOGNAME", v->b->user);
	set_pair(v, "SHELL", v->b->shell);
}

/* What a hook is told; nobody may say otherwise. */
static void
take_hook_env(struct vector *v, const char *const *pairs)
{
	for (; pairs && *pairs; pairs++) {
		const char *pair =
			arena_copy(v->b->arena, *pairs, strlen(*pairs));

		if (pair)
			set(v, pair);
		else
			full(v);
	}
}

/* The child, which alone knows its pid, completes WATCHDOG_PID. */
static void
set_watchdog(struct vector *v, uint32_t watchdog_ms)
{
	static const char name[] = "WATCHDOG_PID=";
	char *pair = arena_alloc(v->b->arena, sizeof(name) + SPEC_PID_CAP);
	char usec[24];
	struct fmt f;

	if (!pair) {
		full(v);
		return;
	}
	memcpy(pair, name, sizeof(name));
	set(v, pair);
	v->b->spec->pid_text = pair + sizeof(name) - 1;
	fmt_init(&f, usec, sizeof(usec));
	fmt_u64(&f, (uint64_t)watchdog_ms * 1000);
	set_pair(v, "WATCHDOG_USEC", usec);
}

static void
set_notify(struct vector *v, const struct def *def,
	const struct spec_context *context)
{
	if (!context->notify || !def_has_notify(def))
		return;
	set_pair(v, "NOTIFY_SOCKET", context->notify);
	if (def->watchdog_ms != DURATION_NONE)
		set_watchdog(v, def->watchdog_ms);
}

void
environment_build(struct spec_builder *b, const struct def *def,
	const struct spec_context *context, const char *path)
{
	struct vector v = {.b = b};
	size_t count = 0;

	while (!def->clean_environment && context->environ[count])
		count++;
	v.cap = count + def->environment.len + 8;
	v.item = arena_alloc(b->arena, v.cap * sizeof(*v.item));
	if (!v.item) {
		b->result = SPEC_FULL;
		return;
	}
	memcpy(v.item, context->environ, count * sizeof(*v.item));
	v.len = count;
	v.item[v.len] = NULL;
	if (!words_getenv(v.item, "PATH", 4))
		set_pair(&v, "PATH", path);
	set_user(&v);
	for (unsigned i = 0; i < def->environment.len; i++) {
		const char *pair = words_expand(
			def->environment.item[i], &b->words, b->arena);

		if (pair)
			set(&v, pair);
		else
			full(&v);
	}
	for (unsigned i = 0; i < def->environment_file.len; i++)
		take_file(&v, def->environment_file.item[i]);
	for (unsigned i = 0; i < def->unset_environment.len; i++)
		unset(&v, def->unset_environment.item[i]);
	take_hook_env(&v, context->hook_env);
	set_notify(&v, def, context);
	b->spec->envp = v.item;
}

void
environment_clean(void)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "LISTEN_PID",
		"LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
		"TEND_SUPERVISOR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}
