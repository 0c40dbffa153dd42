/* svctl check: definitions on disk, without a supervisor. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/state.h"
#include "svctl/alias.h"
#include "svctl/defs.h"
#include "svctl/given.h"
#include "svctl/lint.h"
#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

struct totals {
	unsigned services;
	unsigned errors;
	unsigned warnings;
	bool is_unknown;
};

static void
count_in(struct totals *totals, const struct lint_result *result, bool is_all)
{
	totals->services += is_all ? result->services : 1;
	totals->errors += result->errors;
	totals->warnings += result->warnings;
}

/* All below the config root in force, or one service of it. */
static void
check_root(struct svctl *s, const char *only, struct totals *totals)
{
	struct loaded_section section;
	struct lint_result result;
	struct load_text text;
	char near[NAME_CAP], own[NAME_CAP];
	bool has_error;

	if (defs_read_with(s, only, &text, &has_error) < 0) {
		totals->errors++;
		return;
	}
	totals->errors += has_error;
	if (only)
		only = alias_find(&text, only, own);
	if (!only || defs_find(&text, only, &section)) {
		lint_text(s, &text, only, true, &result);
		count_in(totals, &result, !only);
	} else {
		totals->is_unknown = true;
		if (defs_nearest(&text, only, near))
			out_error(only, "no such service; did you mean '%s'?",
				near);
		else
			out_error(only, "no such service");
	}
	free(text.bytes);
}

static bool
is_service(struct svctl *s, const char *name)
{
	struct load_text text = {0};
	char message[64];
	struct load load;
	bool is_there;

	(void)load_open(&load, &s->paths, message, sizeof(message));
	given_add(s, &load);
	is_there = name_is_valid(name, strlen(name)) &&
		   load_service(&load, name, &text);
	load_close(&load);
	free(text.bytes);
	return is_there;
}

/*
 * The directory above one of definitions, into out: "/etc/tend" for
 * "/etc/tend/services". False: its name is another one, or too long.
 */
static bool
root_above(const char *dir, size_t len, char out[PATHS_CAP])
{
	static const char services[] = "services";
	size_t own = sizeof(services) - 1;

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len >= PATHS_CAP || len < own ||
		memcmp(dir + len - own, services, own) != 0 ||
		(len > own && dir[len - own - 1] != '/'))
		return false;
	len -= own;
	while (len > 1 && dir[len - 1] == '/')
		len--;
	memcpy(out, len ? dir : ".", len ? len : 1);
	out[len ? len : 1] = '\0';
	return true;
}

/* DIR is a config root, or a directory of definitions in one. */
static void
check_directory(struct svctl *s, const char *dir, const char *only,
	struct totals *totals)
{
	struct paths_options before = s->paths;
	unsigned services = totals->services;
	char roots[PATHS_ROOTS][PATHS_CAP];
	unsigned count = paths_config(&before, roots);
	char above[PATHS_CAP];

	if (!root_above(dir, strlen(dir), above))
		s->paths.config = dir;
	else
		s->paths.config = above;
	/* One of those in force is checked with the others. */
	for (unsigned i = 0; i < count; i++) {
		if (!strcmp(s->paths.config, roots[i]))
			s->paths.config = before.config;
	}
	/* A path on the command line is not below --root once more. */
	if (s->paths.config != before.config)
		s->paths.root = NULL;
	check_root(s, only, totals);
	s->paths = before;
	if (only || totals->services > services)
		return;
	out_error(dir, "warning: holds no definitions; name a config root, or "
		       "its directory 'services'");
	totals->warnings++;
}

/* A section with one file, put into the text of the others. */
static bool
insert_file(struct load_text *text, const char *name, const char *path,
	const char *bytes, size_t len)
{
	struct loaded_section section;
	size_t at = 0, from = strlen(LOADED_HEADER), to;
	char head[PATHS_CAP * 2 + 64], mid[PATHS_CAP + 64];
	struct load_text out = {0};
	struct fmt f, g;
	bool is_broken;

	/* Its place in the order; a section of that name gives way. */
	if (text->len < from)
		from = text->len;
	to = from;
	while (loaded_next(text->bytes, text->len, &at, &section, &is_broken)) {
		int order = strcmp(section.name, name);

		if (order < 0)
			from = at;
		if (order <= 0)
			to = at;
	}
	fmt_init(&g, mid, sizeof(mid));
	fmt_printf(&g, "+ %zu %s\n", len, path);
	fmt_init(&f, head, sizeof(head));
	fmt_printf(&f, "@ %s %s %zu\n", name, enabled_name(ENABLED_YES),
		g.len + len);
	out.cap = text->len + f.len + g.len + len;
	out.bytes = malloc(out.cap + 1);
	if (!out.bytes || f.is_cut || g.is_cut) {
		free(out.bytes);
		return false;
	}
	memcpy(out.bytes, text->bytes, from);
	out.len = from;
	memcpy(out.bytes + out.len, head, f.len);
	out.len += f.len;
	memcpy(out.bytes + out.len, mid, g.len);
	out.len += g.len;
	memcpy(out.bytes + out.len, bytes, len);
	out.len += len;
	memcpy(out.bytes + out.len, text->bytes + to, text->len - to);
	out.len += text->len - to;
	free(text->bytes);
	*text = out;
	return true;
}

/* The file's bytes, a newline at their end; NULL after a complaint. */
static char *
read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = malloc(LOAD_FILE_MAX + 2);
	ssize_t n = -1;

	*len = 0;
	if (fd >= 0 && bytes) {
		while ((n = read(fd, bytes + *len, LOAD_FILE_MAX + 1 - *len)) >
			0)
			*len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	if (n == 0 && *len <= LOAD_FILE_MAX) {
		if (*len && bytes[*len - 1] != '\n')
			bytes[(*len)++] = '\n';
		return bytes;
	}
	if (n == 0 || *len > LOAD_FILE_MAX)
		out_error(path, "is longer than a definition may be (1 MiB)");
	else
		out_error(path, "cannot be read: %s", strerror(errno));
	free(bytes);
	return NULL;
}

static void
check_file(struct svctl *s, const char *path, struct totals *totals)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct lint_result result;
	struct load_text text;
	char above[PATHS_CAP];
	bool has_error;
	size_t len;
	char *bytes;

	if (!name_is_valid(name, strlen(name))) {
		out_error(path, "'%s' is not the name of a service", name);
		totals->errors++;
		return;
	}
	if (slash && root_above(path, (size_t)(slash - path), above)) {
		check_directory(s, above, name, totals);
		return;
	}
	bytes = read_file(path, &len);
	if (!bytes || defs_read_disk(s, &text, &has_error) < 0) {
		totals->errors++;
		free(bytes);
		return;
	}
	if (insert_file(&text, name, path, bytes, len)) {
		lint_text(s, &text, name, true, &result);
		count_in(totals, &result, false);
	} else {
		out_error(path, "out of memory");
		totals->errors++;
	}
	free(text.bytes);
	free(bytes);
}

static void
put_count(struct fmt *f, unsigned n, const char *what)
{
	fmt_printf(f, "%u %s%s", n, what, n == 1 ? "" : "s");
}

int
check_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	struct totals totals = {0};
	struct stat st;
	struct fmt *f;

	(void)verb;
	if (!argc)
		check_root(s, NULL, &totals);
	for (int i = 0; i < argc; i++) {
		/* A word without a slash is a service, as everywhere else,
		 * if there is one. */
		if (is_service(s, argv[i]) ||
			(name_is_valid(argv[i], strlen(argv[i])) &&
				stat(argv[i], &st) != 0)) {
			check_root(s, argv[i], &totals);
		} else if (stat(argv[i], &st) != 0) {
			out_error(
				argv[i], "cannot be read: %s", strerror(errno));
			totals.is_unknown = true;
		} else if (S_ISDIR(st.st_mode)) {
			check_directory(s, argv[i], NULL, &totals);
		} else {
			check_file(s, argv[i], &totals);
		}
	}
	if (!(s->given & OPT_QUIET)) {
		f = out_room(&s->out, OUT_PIECE);
		put_count(f, totals.services, "service");
		fmt_str(f, ", ");
		put_count(f, totals.errors, "error");
		fmt_str(f, ", ");
		put_count(f, totals.warnings, "warning");
		fmt_char(f, '\n');
	}
	if (totals.errors)
		return CODE_INVALID;
	return totals.is_unknown ? CODE_UNKNOWN : CODE_OK;
}
