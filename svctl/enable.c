/*
 * svctl enable, disable, is-enabled, mask, unmask: links and drop-ins in the
 * config root. No supervisor is needed, so an image can be prepared too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/state.h"
#include "svctl/alias.h"
#include "svctl/defs.h"
#include "svctl/options.h"
#include "svctl/given.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

#define PATH_CAP (PATHS_CAP + 3 * NAME_CAP + 64)
#define DROP_IN	 "50-enabled.conf"

/* What one call works on. */
struct change {
	struct svctl *s;
	struct load load;
	const char *root; /* the config root that is written to */
	bool is_all_mode; /* start = all */
	bool wants_on;
	struct load_text text; /* the section at hand */
	struct loaded_section section;
};

static int
fail(const char *path)
{
	int err = errno;
	bool is_denied = err == EACCES || err == EPERM;

	out_error(path, "cannot be changed: %s%s", strerror(err),
		is_denied ? "; use root" : "");
	return is_denied || err == EROFS ? CODE_DENIED : CODE_FAILED;
}

static void
make_path(char out[PATH_CAP], const struct change *c, const char *dir,
	const char *suffix, const char *file)
{
	struct fmt f;

	fmt_init(&f, out, PATH_CAP);
	fmt_printf(&f, "%s/%s%s%s%s", c->root, dir, suffix, *file ? "/" : "",
		file);
}

/* Makes the directory and those above it, up to the config root. */
static int
make_directory(const char *path)
{
	char copy[PATH_CAP];
	size_t len = strlen(path);

	memcpy(copy, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (copy[i] != '/' && copy[i])
			continue;
		copy[i] = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			return -1;
		copy[i] = path[i];
	}
	return 0;
}

/* Puts a link there in one step; 0 also if it is there already. */
static int
put_link(const char *target, const char *path)
{
	char now[PATH_CAP], temporary[PATH_CAP + 8];
	ssize_t len = readlink(path, now, sizeof(now) - 1);
	struct fmt f;

	if (len >= 0 && (size_t)len == strlen(target) &&
		!memcmp(now, target, (size_t)len))
		return 0;
	fmt_init(&f, temporary, sizeof(temporary));
	fmt_printf(&f, "%s.new", path);
	if (unlink(temporary) != 0 && errno != ENOENT)
		return -1;
	if (symlink(target, temporary) != 0)
		return -1;
	return rename(temporary, path);
}

/* --- start = enabled: links in TARGET.wants ------------------------------ */

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Does a config root below ours have this link? */
static bool
is_vendors(const struct change *c, const char *target, const char *name)
{
	for (unsigned i = 0; i < c->load.roots; i++) {
		char path[PATH_CAP];
		struct fmt f;

		if (!strcmp(c->load.root[i], c->root))
			continue;
		fmt_init(&f, path, sizeof(path));
		fmt_printf(&f, "%s/%s.wants/%s", c->load.root[i], target, name);
		if (exists(path))
			return true;
	}
	return false;
}

static int
link_on(const struct change *c, const char *target, const char *name)
{
	char dir[PATH_CAP], path[PATH_CAP], definition[PATH_CAP];
	char to[PATH_CAP];
	const char *base = name;
	char template[NAME_CAP];
	const char *at = strchr(name, '@');
	struct fmt f;

	make_path(dir, c, target, ".wants", "");
	make_path(path, c, target, ".wants", name);
	if (make_directory(dir) != 0)
		return fail(dir);
	/* The link is for people to follow: to the file that is meant. */
	make_path(definition, c, "services", "", name);
	if (at && !exists(definition)) {
		memcpy(template, name, (size_t)(at - name) + 1);
		template[at - name + 1] = '\0';
		base = template;
		make_path(definition, c, "services", "", base);
	}
	fmt_init(&f, to, sizeof(to));
	fmt_printf(&f, "../services/%s", base);
	for (unsigned i = 0; i < c->load.roots && !exists(definition); i++) {
		const char *root = c->s->paths.root;

		fmt_init(&f, definition, sizeof(definition));
		fmt_printf(&f, "%s/services/%s", c->load.root[i], base);
		fmt_init(&f, to, sizeof(to));
		/* Within an image its root is /. */
		fmt_str(&f, definition + (root ? strlen(root) : 0));
	}
	return put_link(to, path) == 0 ? CODE_OK : fail(path);
}

static int
link_off(const struct change *c, const char *target, const char *name)
{
	char dir[PATH_CAP], path[PATH_CAP];

	make_path(dir, c, target, ".wants", "");
	make_path(path, c, target, ".wants", name);
	if (is_vendors(c, target, name)) {
		if (make_directory(dir) != 0)
			return fail(dir);
		return put_link("/dev/null", path) == 0 ? CODE_OK : fail(path);
	}
	if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
		return fail(path);
	return CODE_OK;
}

/* Takes the name out of every TARGET.wants that has it. */
static int
link_off_everywhere(const struct change *c, const char *name)
{
	int first = CODE_OK;

	for (unsigned i = 0; i < c->load.roots; i++) {
		DIR *dir = opendir(c->load.root[i]);
		struct dirent *e;

		while (dir && (e = readdir(dir))) {
			size_t len = strlen(e->d_name);
			char target[NAME_CAP];
			char path[PATH_CAP];
			struct fmt f;
			int code;

			if (len <= 6 || len - 6 >= sizeof(target) ||
				strcmp(e->d_name + len - 6, ".wants") != 0)
				continue;
			memcpy(target, e->d_name, len - 6);
			target[len - 6] = '\0';
			fmt_init(&f, path, sizeof(path));
			fmt_printf(&f, "%s/%s/%s", c->load.root[i], e->d_name,
				name);
			if (!exists(path))
				continue;
			code = link_off(c, target, name);
			if (first == CODE_OK)
				first = code;
		}
		if (dir)
			closedir(dir);
	}
	return first;
}

static int
change_links(const struct change *c, const struct def *def, const char *name)
{
	int first = CODE_OK;

	if (c->s->target)
		return c->wants_on ? link_on(c, c->s->target, name)
				   : link_off(c, c->s->target, name);
	if (!c->wants_on)
		return link_off_everywhere(c, name);
	if (!def || !def->enable_in.len)
		return link_on(c, "default", name);
	for (unsigned i = 0; i < def->enable_in.len; i++) {
		int code = link_on(c, def->enable_in.item[i], name);

		if (first == CODE_OK)
			first = code;
	}
	return first;
}

/* --- start = all: a drop-in ---------------------------------------------- */

static int
change_drop_in(const struct change *c, const char *name)
{
	const char *text =
		c->wants_on ? "autostart = yes\n" : "autostart = no\n";
	size_t len = strlen(text);
	char dir[PATH_CAP], path[PATH_CAP], temporary[PATH_CAP];
	char base[PATH_CAP];
	struct fmt f;
	bool is_done;
	int fd;

	fmt_init(&f, base, sizeof(base));
	fmt_printf(&f, "services/%s", name);
	make_path(dir, c, base, ".d", "");
	make_path(path, c, base, ".d", DROP_IN);
	make_path(temporary, c, base, ".d", DROP_IN ".new");
	if (make_directory(dir) != 0)
		return fail(dir);
	if (unlink(temporary) != 0 && errno != ENOENT)
		return fail(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(temporary);
	/* The umask must not hide it from those who may read the rest. */
	is_done = write(fd, text, len) == (ssize_t)len && fchmod(fd, 0644) == 0;
	if (close(fd) != 0 || !is_done || rename(temporary, path) != 0) {
		int code = fail(path);

		unlink(temporary);
		return code;
	}
	return CODE_OK;
}

/* --- the verbs ----------------------------------------------------------- */

static bool
find(struct change *c, const char *name)
{
	bool is_broken;
	size_t at = 0;

	c->text.len = 0;
	if (!name_is_valid(name, strlen(name)) ||
		!load_service(&c->load, name, &c->text))
		return false;
	return loaded_next(
		c->text.bytes, c->text.len, &at, &c->section, &is_broken);
}

static int
say_unknown(struct change *c, const char *name)
{
	struct load_text all = {0};
	char near[NAME_CAP];

	if (load_all(&c->load, &all, NULL) >= 0 &&
		defs_nearest(&all, name, near))
		out_error(name, "no such service; did you mean '%s'?", near);
	else
		out_error(name, "no such service");
	free(all.bytes);
	return CODE_UNKNOWN;
}

static int
begin(struct change *c, struct svctl *s)
{
	char message[2048];
	unsigned n = 0;

	memset(c, 0, sizeof(*c));
	c->s = s;
	if (!load_open(&c->load, &s->paths, message, sizeof(message))) {
		out_note(message);
		load_close(&c->load);
		return CODE_INVALID;
	}
	if (s->given & OPT_RUNTIME) {
		/* /etc/tend /run/tend /usr/lib/tend, or only one. */
		if (c->load.roots < 2) {
			out_error("--runtime", "there is only one config root");
			load_close(&c->load);
			return CODE_USAGE;
		}
		n = 1;
	}
	c->root = c->load.root[n];
	c->is_all_mode = c->load.settings.is_start_set
				 ? c->load.settings.start_all
				 : !find(c, "default");
	given_add(s, &c->load);
	return CODE_OK;
}

static void
end(struct change *c)
{
	free(c->text.bytes);
	load_close(&c->load);
}

/* name, or whose name it is beside its own; own is room for that. */
static const char *
own_name(struct change *c, const char *name, char own[NAME_CAP])
{
	struct load_text all = {0};

	if (!find(c, name) && load_all(&c->load, &all, NULL) >= 0)
		name = alias_find(&all, name, own);
	free(all.bytes);
	return name;
}

static int
change_one(struct change *c, const char *name)
{
	struct def_error error;
	void *memory = NULL;
	struct def def;
	bool is_good;
	int code;

	if (!find(c, name))
		return say_unknown(c, name);
	if (c->section.enabled == ENABLED_MASKED && c->wants_on) {
		out_error(name, "is masked; `svctl unmask %s` first", name);
		return CODE_FAILED;
	}
	if (c->is_all_mode && !c->s->target)
		return change_drop_in(c, name);
	is_good = defs_parse(&c->section, &def, &memory, &error);
	code = change_links(c, is_good ? &def : NULL, name);
	free(memory);
	return code;
}

/* --now: the other verb, for the same names. */
static int
act_now(struct svctl *s, const char *word, int argc, char **argv)
{
	const struct verb *verb = verb_find(word);

	return verb->run(s, verb, argc, argv);
}

int
enable_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	char own[NAME_CAP];
	struct change c;
	int first = begin(&c, s);

	if (first != CODE_OK)
		return first;
	c.wants_on = !strcmp(verb->word, "enable");
	for (int i = 0; i < argc; i++) {
		int code = change_one(&c, own_name(&c, argv[i], own));

		if (first == CODE_OK)
			first = code;
	}
	if (first == CODE_OK && s->given & OPT_NOW)
		first = act_now(s, c.wants_on ? "start" : "stop", argc, argv);
	end(&c);
	return first;
}

static int
mask_one(struct change *c, const char *name)
{
	char path[PATH_CAP], dir[PATH_CAP], to[PATH_CAP];
	ssize_t len;

	make_path(dir, c, "services", "", "");
	make_path(path, c, "services", "", name);
	if (!name_is_valid(name, strlen(name)))
		return say_unknown(c, name);
	len = readlink(path, to, sizeof(to) - 1);
	if (c->wants_on && len < 0 && exists(path)) {
		out_error(name, "its definition is %s; move that away first",
			path);
		return CODE_FAILED;
	}
	if (c->wants_on && !find(c, name))
		return say_unknown(c, name);
	if (c->wants_on) {
		if (make_directory(dir) != 0)
			return fail(dir);
		return put_link("/dev/null", path) == 0 ? CODE_OK : fail(path);
	}
	/* Only our own kind of link: another one is a definition. */
	if (len == 9 && !memcmp(to, "/dev/null", 9) && unlink(path) != 0)
		return fail(path);
	return CODE_OK;
}

int
mask_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	char own[NAME_CAP];
	struct change c;
	int first = begin(&c, s);

	if (first != CODE_OK)
		return first;
	c.wants_on = !strcmp(verb->word, "mask");
	for (int i = 0; i < argc; i++) {
		int code = mask_one(&c, own_name(&c, argv[i], own));

		if (first == CODE_OK)
			first = code;
	}
	if (first == CODE_OK && s->given & OPT_NOW && c.wants_on)
		first = act_now(s, "stop", argc, argv);
	end(&c);
	return first;
}

/* From disk: what was enabled since the last apply counts. */
int
is_enabled_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	char own[NAME_CAP];
	struct change c;
	int first = begin(&c, s);

	(void)verb;
	if (first != CODE_OK)
		return first;
	for (int i = 0; i < argc; i++) {
		int code = CODE_OK;

		if (!find(&c, own_name(&c, argv[i], own))) {
			code = say_unknown(&c, argv[i]);
		} else {
			if (!(s->given & OPT_QUIET))
				fmt_printf(out_room(&s->out, OUT_PIECE), "%s\n",
					enabled_name(c.section.enabled));
			if (c.section.enabled != ENABLED_YES &&
				c.section.enabled != ENABLED_STATIC)
				code = CODE_FAILED;
		}
		if (first == CODE_OK)
			first = code;
	}
	end(&c);
	return first;
}
