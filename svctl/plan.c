/* svctl plan, apply, cat: the definitions on disk against those in force. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/load.h"
#include "lib/loaded.h"
#include "lib/name.h"
#include "lib/state.h"
#include "svctl/alias.h"
#include "svctl/defs.h"
#include "svctl/diff.h"
#include "svctl/lint.h"
#include "svctl/options.h"
#include "svctl/request.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

struct plan {
	struct svctl *s;
	unsigned changes;
	const char *between; /* before the next key of the line */
};

static bool
has_process(struct svctl *s, const char *name)
{
	struct page_entry entry;

	return s->map.view.base &&
	       map_entry(&s->map, name, &entry) != PAGE_NONE &&
	       state_has_process(entry.state);
}

static void
say_key(void *context, const char *key, const char *before, const char *after)
{
	struct plan *plan = context;
	struct out *out = &plan->s->out;

	fmt_str(out_room(out, OUT_PIECE), plan->between);
	fmt_str(out_room(out, OUT_PIECE), key);
	fmt_char(out_room(out, OUT_PIECE), ' ');
	out_text(out, before, SIZE_MAX);
	fmt_str(out_room(out, OUT_PIECE), " -> ");
	out_text(out, after, SIZE_MAX);
	plan->between = ", ";
}

static void
say_one(struct plan *plan, const char *what, const char *name, const char *then)
{
	plan->changes++;
	fmt_printf(out_room(&plan->s->out, OUT_PIECE), "%s %s%s\n", what, name,
		then);
}

static void
say_changed(struct plan *plan, const struct loaded_section *old,
	const struct loaded_section *new, const struct def *before,
	const struct def *after)
{
	struct out *out = &plan->s->out;
	size_t start = out->f.len;
	unsigned keys;

	fmt_printf(out_room(out, OUT_PIECE), "changed %s", new->name);
	plan->between = ": ";
	if (old->enabled != new->enabled)
		say_key(plan, "enabled", enabled_name(old->enabled),
			enabled_name(new->enabled));
	keys = diff_defs(before, after, say_key, plan);
	if (!keys && old->enabled == new->enabled) {
		/* Comments and blanks: nothing to speak of. */
		out->f.len = start;
		return;
	}
	plan->changes++;
	fmt_str(out_room(out, OUT_PIECE),
		def_needs_restart(before, after) &&
				has_process(plan->s, new->name)
			? "; restarts\n"
			: "\n");
}

static void
compare(struct plan *plan, const struct loaded_section *old,
	const struct loaded_section *new)
{
	struct def before, after;
	void *old_memory = NULL, *new_memory = NULL;
	struct def_error error;
	bool was_good, is_good;

	if (old->enabled == new->enabled && old->len == new->len &&
		!memcmp(old->bytes, new->bytes, old->len))
		return;
	was_good = defs_parse(old, &before, &old_memory, &error);
	is_good = defs_parse(new, &after, &new_memory, &error);
	if (was_good && is_good)
		say_changed(plan, old, new, &before, &after);
	else if (new->enabled == ENABLED_MASKED)
		say_one(plan, "masked", new->name,
			has_process(plan->s, new->name) ? "; stops" : "");
	else if (old->enabled == ENABLED_MASKED)
		say_one(plan, "unmasked", new->name, "");
	else if (is_good)
		say_one(plan, "changed", new->name, ": invalid -> valid");
	free(old_memory);
	free(new_memory);
}

/* Both texts are sorted by name. */
static void
compare_all(struct plan *plan, const struct load_text *old,
	const struct load_text *new)
{
	struct loaded_section a, b;
	size_t old_at = 0, new_at = 0;
	bool is_broken;
	bool has_a = loaded_next(old->bytes, old->len, &old_at, &a, &is_broken);
	bool has_b = loaded_next(new->bytes, new->len, &new_at, &b, &is_broken);

	while (has_a || has_b) {
		int order = !has_a ? 1 : !has_b ? -1 : strcmp(a.name, b.name);

		if (order < 0)
			say_one(plan, "removed", a.name,
				has_process(plan->s, a.name) ? "; stops" : "");
		else if (order > 0)
			say_one(plan, "new", b.name, "");
		else
			compare(plan, &a, &b);
		if (order <= 0)
			has_a = loaded_next(
				old->bytes, old->len, &old_at, &a, &is_broken);
		if (order >= 0)
			has_b = loaded_next(
				new->bytes, new->len, &new_at, &b, &is_broken);
	}
}

static int
say_unreadable(const struct svctl *s)
{
	int err = errno;

	if (err == ENOENT)
		return request_say_dead(s);
	out_error(s->runtime, "cannot read what is in force: %s%s",
		strerror(err), err == EACCES ? "; use root" : "");
	return err == EACCES ? CODE_DENIED : CODE_FAILED;
}

int
plan_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	struct plan plan = {.s = s};
	struct lint_result result;
	struct load_text old, new = {0};
	bool has_error = false;
	int code = CODE_OK;

	(void)verb;
	(void)argc;
	(void)argv;
	if (defs_read_loaded(s, &old) != 0) {
		free(old.bytes);
		return say_unreadable(s);
	}
	/* Only to know what runs; without it plan is less precise. */
	(void)map_open(&s->map, s->runtime);
	if (defs_read_to_apply(s, &old, &new, &has_error) < 0) {
		code = CODE_FAILED;
	} else {
		lint_text(s, &new, NULL, false, &result);
		if (result.errors || has_error) {
			out_error(NULL, "apply would change nothing until this "
					"is mended");
			code = CODE_INVALID;
		} else {
			compare_all(&plan, &old, &new);
			if (!plan.changes)
				fmt_str(out_room(&s->out, OUT_PIECE),
					"nothing to do\n");
		}
	}
	free(old.bytes);
	free(new.bytes);
	return code;
}

int
apply_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	struct request request = {.name = NULL};
	struct load_text text = {0};
	struct lint_result result = {0};
	bool has_error = false;
	int code = svctl_open_page(s, false);

	(void)argc;
	(void)argv;
	if (code != CODE_OK)
		return code;
	/* Better words than the supervisor has room for; it checks again. */
	if (defs_read_disk(s, &text, &has_error) >= 0)
		lint_text(s, &text, NULL, false, &result);
	free(text.bytes);
	if (result.errors || has_error) {
		out_error(NULL, "nothing was changed; mend this first");
		return CODE_INVALID;
	}
	code = request_all(s, verb->control, 0, &request, 1);
	if (code == CODE_OK && request.code != CODE_OK)
		code = request_complain(s, verb->control, &request);
	return code;
}

/* --- cat ----------------------------------------------------------------- */

/* "# FILE:LINE", a blank line before it unless it is the first. */
static void
show_origin(
	struct svctl *s, const struct loaded_fragment *fragment, unsigned line)
{
	struct fmt *f = out_room(&s->out, fragment->file_len + OUT_PIECE);

	if (f->len)
		fmt_char(f, '\n');
	fmt_str(f, "# ");
	fmt_bytes(f, fragment->file, fragment->file_len);
	/* What is no file has no lines. */
	if (line && memchr(fragment->file, '/', fragment->file_len))
		fmt_printf(f, ":%u", line);
	fmt_str(f, fragment->kind == '~' ? " (masked)\n" : "\n");
}

static bool
is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

/* Lines that were comments are left out: what follows says where it is. */
static void
show_lines(struct svctl *s, const struct loaded_fragment *fragment)
{
	const char *at = fragment->text, *end = at + fragment->len;
	bool has_gap = true;

	for (unsigned line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		if (is_blank(at, len)) {
			has_gap = true;
		} else {
			struct fmt *f;

			if (has_gap)
				show_origin(s, fragment, line);
			has_gap = false;
			f = out_room(&s->out, len + OUT_PIECE);
			fmt_bytes(f, at, len);
			fmt_char(f, '\n');
		}
		at += len + 1;
	}
}

static void
show_section(struct svctl *s, const struct loaded_section *section)
{
	struct loaded_fragment fragment;
	bool is_broken;
	size_t at = 0;

	while (loaded_fragment_next(
		section->bytes, section->len, &at, &fragment, &is_broken)) {
		struct fmt *f;

		if (fragment.kind == '+' && fragment.len > 0) {
			show_lines(s, &fragment);
			continue;
		}
		show_origin(s, &fragment, 0);
		if (fragment.kind != '!')
			continue;
		f = out_room(&s->out, fragment.len + OUT_PIECE);
		fmt_str(f, "# ");
		fmt_bytes(f, fragment.text, fragment.len);
		if (f->text[f->len - 1] != '\n')
			fmt_char(f, '\n');
	}
}

static int
cat(struct svctl *s, const struct load_text *text, const char *name)
{
	struct loaded_section section;
	struct load_text one = {0};
	char near[NAME_CAP], own[NAME_CAP];
	bool has_error;
	bool is_found =
		defs_find(text, alias_find(text, name, own), &section) ||
		(defs_read_with(s, name, &one, &has_error) >= 0 &&
			defs_find(&one, name, &section));

	if (is_found)
		show_section(s, &section);
	free(one.bytes);
	if (is_found)
		return CODE_OK;
	if (defs_nearest(text, name, near))
		out_error(name, "no such service; did you mean '%s'?", near);
	else
		out_error(name, "no such service");
	return CODE_UNKNOWN;
}

int
cat_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	struct load_text text = {0};
	bool is_live, has_error;
	int first = CODE_OK;

	(void)verb;
	/* -c asks for files; what is in force has no root. */
	is_live = !s->paths.root && !s->paths.config &&
		  defs_read_loaded(s, &text) == 0;
	if (!is_live && defs_read_disk(s, &text, &has_error) < 0)
		return CODE_FAILED;
	for (int i = 0; i < argc; i++) {
		int code = cat(s, &text, argv[i]);

		if (first == CODE_OK)
			first = code;
	}
	free(text.bytes);
	return first;
}
