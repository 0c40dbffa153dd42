/* Programs, users and groups that a definition names and nobody has. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/words.h"
#include "svctl/defs.h"
#include "svctl/lint_private.h"
#include "svctl/svctl.h"

#define STANDARD_PATH                                                          \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_CAP     4200
#define ACCOUNTS_MAX (1 << 20) /* bytes of /etc/passwd that are looked at */

/* Below --root a link may lead out of the image, so only a file is sought. */
static bool
is_program(
	const struct lint *lint, const char *dir, size_t len, const char *name)
{
	const char *root = lint->s->paths.root;
	char path[PATH_CAP];
	struct stat st;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_str(&f, root ? root : "");
	fmt_bytes(&f, dir, len);
	if (len)
		fmt_char(&f, '/');
	fmt_str(&f, name);
	if (f.is_cut)
		return true;
	if (root)
		return lstat(path, &st) == 0 && !S_ISDIR(st.st_mode);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

static bool
is_in_path(const struct lint *lint, const char *name)
{
	const char *path = getenv("PATH");

	if (!path || !*path || lint->s->paths.root)
		path = STANDARD_PATH;
	while (*path) {
		size_t len = strcspn(path, ":");

		if (len && is_program(lint, path, len, name))
			return true;
		path += len;
		path += *path == ':';
	}
	return false;
}

static void
check_command(
	struct lint *lint, const struct lint_item *item, const char *command)
{
	static char memory[65536] __attribute__((aligned(8)));
	struct words_context context = {.name = item->section.name};
	bool may_fail, is_privileged;
	struct def_error where;
	const char **words;
	struct arena arena;
	unsigned count;
	struct fmt f;

	command = def_command_flags(command, &may_fail, &is_privileged);
	arena_init(&arena, memory, sizeof(memory));
	/* Only the plain case: what a variable holds is known at the start. */
	if (strchr(command, '$') ||
		!words_split(command, WORDS_VARIABLES, &context, &arena, &words,
			&count, &where) ||
		!count)
		return;
	if (words[0][0] == '/'
			? is_program(lint, "", 0, words[0])
			: strchr(words[0], '/') || is_in_path(lint, words[0]))
		return;
	defs_locate(&item->section, "command", words[0], &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "command: no program '%s'%s", words[0],
		words[0][0] == '/' ? "" : " in PATH");
	lint_say(lint, item, false, &where, where.text);
}

/* Does a line of the file begin with "name:"? True if that cannot be told. */
static bool
has_account(const struct lint *lint, const char *file, const char *name)
{
	const char *root = lint->s->paths.root;
	size_t len = strlen(name), at = 0;
	char path[PATH_CAP], *text;
	bool is_found = false;
	ssize_t size;
	struct fmt f;
	int fd;

	/* A number needs no account. */
	if (strspn(name, "0123456789") == len || strchr(name, '%'))
		return true;
	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s%s", root ? root : "", file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return true;
	text = malloc(ACCOUNTS_MAX);
	size = text ? read(fd, text, ACCOUNTS_MAX) : -1;
	close(fd);
	while (size > 0 && !is_found && at + len < (size_t)size) {
		const char *next = memchr(text + at, '\n', (size_t)size - at);

		is_found =
			!memcmp(text + at, name, len) && text[at + len] == ':';
		at = next ? (size_t)(next - text) + 1 : (size_t)size;
	}
	free(text);
	return is_found || size < 0 || size == ACCOUNTS_MAX;
}

static void
check_account(struct lint *lint, const struct lint_item *item, const char *key,
	const char *file, const char *name)
{
	struct def_error where;
	struct fmt f;

	if (!name || has_account(lint, file, name))
		return;
	defs_locate(&item->section, key, name, &where);
	fmt_init(&f, where.text, sizeof(where.text));
	fmt_printf(&f, "%s: no %s '%s' in %s", key,
		strcmp(key, "user") == 0 ? key : "group", name, file);
	lint_say(lint, item, false, &where, where.text);
}

void
lint_programs(struct lint *lint, const struct lint_item *item)
{
	for (unsigned i = 0; i < item->def.command.len; i++)
		if (!item->def.root_directory)
			check_command(lint, item, item->def.command.item[i]);
	check_account(lint, item, "user", "/etc/passwd", item->def.user);
	check_account(lint, item, "group", "/etc/group", item->def.group);
	for (unsigned i = 0; i < item->def.supplementary_groups.len; i++)
		check_account(lint, item, "supplementary-groups", "/etc/group",
			item->def.supplementary_groups.item[i]);
}
