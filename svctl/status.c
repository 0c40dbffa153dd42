/* svctl status, and what the other verbs that only look share. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/duration.h"
#include "lib/name.h"
#include "lib/reason.h"
#include "lib/signame.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/describe.h"
#include "svctl/each.h"
#include "svctl/logs.h"
#include "svctl/options.h"
#include "svctl/strays.h"
#include "svctl/status_private.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

/* What a line usually takes: fewer copies while the text grows. */
#define ROW_USUAL  64u
#define JSON_USUAL 448u

/* Widths of the table's columns, a blank behind each included. */
#define NAME_MIN      8
#define NAME_MAX      28
#define STATE_WIDTH   9
#define PID_WIDTH     8
#define UPTIME_WIDTH  13
#define RESTART_WIDTH 4

static const char *
name_of(struct svctl *s, const struct page_entry *entry)
{
	return page_string(&s->map.view, entry->name_off);
}

/* --- JSON ---------------------------------------------------------------- */

static void
put_key(struct fmt *f, const char *key)
{
	fmt_str(f, ",\"");
	fmt_str(f, key);
	fmt_str(f, "\":");
}

static void
json_string(struct svctl *s, const char *key, const char *value)
{
	put_key(out_room(&s->out, OUT_PIECE), key);
	out_json(&s->out, value);
}

static void
json_exit(struct fmt *f, const struct page_entry *entry)
{
	bool has_exit = entry->flags & PAGE_HAS_EXIT;
	bool was_killed = has_exit && WIFSIGNALED(entry->exit_status);
	char buf[16];

	put_key(f, "exit_code");
	if (has_exit && !was_killed)
		fmt_i64(f, WEXITSTATUS(entry->exit_status));
	else
		fmt_str(f, "null");
	put_key(f, "exit_signal");
	if (!was_killed) {
		fmt_str(f, "null");
		return;
	}
	fmt_char(f, '"');
	fmt_str(f, signame_get(WTERMSIG(entry->exit_status), buf));
	fmt_char(f, '"');
}

static void
json_numbers(struct fmt *f, const struct page_entry *entry)
{
	put_key(f, "ready");
	fmt_str(f, entry->flags & PAGE_READY ? "true" : "false");
	put_key(f, "pid");
	if (entry->pid > 0)
		fmt_i64(f, entry->pid);
	else
		fmt_str(f, "null");
	put_key(f, "restarts");
	fmt_u64(f, entry->restarts);
	describe_moments_json(f, entry);
	put_key(f, "uptime_ms");
	fmt_u64(f, describe_age_ms(entry));
	json_exit(f, entry);
}

static void
json_status(struct svctl *s, const struct page_entry *entry)
{
	char text[PAGE_STATUS_CAP];

	if (*describe_status(&s->map, entry, text) != '\0')
		json_string(s, "status_text", text);
	else
		fmt_str(out_room(&s->out, OUT_PIECE), ",\"status_text\":null");
}

static void
json_show(struct svctl *s, const struct page_entry *entry)
{
	const struct page_view *view = &s->map.view;
	char reason[DESCRIBE_CAP];
	struct fmt f;

	fmt_str(out_room(&s->out, OUT_PIECE),
		s->out.f.len > 1 ? ",\n{\"name\":" : "\n{\"name\":");
	out_json(&s->out, name_of(s, entry));
	json_string(s, "state", state_name(entry->state));
	json_string(s, "wanted", want_name(entry->want));
	json_string(s, "enabled", enabled_name(entry->enabled));
	json_string(s, "type", type_name(entry->type));
	json_numbers(out_room(&s->out, OUT_PIECE), entry);
	fmt_init(&f, reason, sizeof(reason));
	describe_reason(&s->map, &f, entry);
	if (f.len)
		json_string(s, "reason", reason);
	else
		fmt_str(out_room(&s->out, OUT_PIECE), ",\"reason\":null");
	json_status(s, entry);
	json_string(
		s, "description", page_string(view, entry->description_off));
	json_string(s, "source", page_string(view, entry->source_off));
	fmt_char(out_room(&s->out, OUT_PIECE), '}');
}

int
status_json(struct svctl *s, int argc, char **argv)
{
	struct page_header header = map_header(&s->map);
	int code;

	fmt_char(out_room(&s->out, header.count * JSON_USUAL), '[');
	code = each_service(s, argc, argv, json_show);
	fmt_str(out_room(&s->out, OUT_PIECE), "\n]\n");
	return code;
}

/* --- status -------------------------------------------------------------- */

static size_t name_width; /* of the table's first column */

static void
measure(struct svctl *s, const struct page_entry *entry)
{
	size_t len = strlen(name_of(s, entry)) + 2;

	if (len > NAME_MAX)
		len = NAME_MAX;
	if (len > name_width)
		name_width = len;
}

static enum colour
state_colour(const struct page_entry *entry)
{
	switch (entry->state) {
	case SVC_UP:
		return entry->flags & PAGE_READY ? COLOUR_GREEN : COLOUR_YELLOW;
	case SVC_DONE:
		return COLOUR_GREEN;
	case SVC_FAILED:
	case SVC_INVALID:
		return COLOUR_RED;
	case SVC_DOWN:
	case SVC_SKIPPED:
	case SVC_MASKED:
		return COLOUR_NONE;
	default:
		return COLOUR_YELLOW;
	}
}

static void
put_state(struct svctl *s, const struct page_entry *entry)
{
	enum colour colour = state_colour(entry);

	if (colour != COLOUR_NONE)
		out_colour(&s->out, colour);
	fmt_str(out_room(&s->out, OUT_PIECE), state_name(entry->state));
	if (colour != COLOUR_NONE)
		out_colour(&s->out, COLOUR_NONE);
}

static void
pad(struct fmt *f, size_t used, size_t width)
{
	static const char blanks[] = "                                ";

	while (used < width) {
		size_t n = width - used;

		if (n > sizeof(blanks) - 1)
			n = sizeof(blanks) - 1;
		fmt_bytes(f, blanks, n);
		used += n;
	}
}

/* The directories of FILE:LINE:COLUMN would leave no room for what is wrong. */
static const char *
without_directories(const char *reason)
{
	size_t file = strcspn(reason, ": ");

	if (*reason != '/')
		return reason;
	while (reason[file] != '/')
		file--;
	return reason + file + 1;
}

static void
row_show(struct svctl *s, const struct page_entry *entry)
{
	const size_t fixed = STATE_WIDTH + PID_WIDTH + UPTIME_WIDTH +
			     RESTART_WIDTH + name_width;
	char reason[DESCRIBE_CAP];
	const char *name = name_of(s, entry);
	size_t len = strlen(name), start;
	struct fmt *f, r;

	out_text(&s->out, name, name_width - 1);
	f = out_room(&s->out, OUT_PIECE);
	pad(f, len < name_width ? len : name_width - 1, name_width);
	/* Measured without the colours. */
	put_state(s, entry);
	f = out_room(&s->out, OUT_PIECE);
	pad(f, strlen(state_name(entry->state)), STATE_WIDTH);
	start = f->len;
	if (entry->pid > 0)
		fmt_i64(f, entry->pid);
	else
		fmt_char(f, '-');
	pad(f, f->len - start, PID_WIDTH);
	start = f->len;
	if (entry->state == SVC_UP || entry->state == SVC_DONE)
		duration_format(f, describe_age_ms(entry));
	else
		fmt_char(f, '-');
	pad(f, f->len - start, UPTIME_WIDTH);
	start = f->len;
	fmt_u64(f, entry->restarts);
	fmt_init(&r, reason, sizeof(reason));
	/* The reason of what is up is an old story; `status NAME` has it. */
	if (!describe_is_up(entry->state) || entry->state == SVC_SKIPPED)
		describe_reason(&s->map, &r, entry);
	describe_until_run(&r, entry);
	if (r.len) {
		pad(f, f->len - start, RESTART_WIDTH + 1);
		out_text(&s->out, without_directories(reason),
			s->out.columns - fixed - 1);
	}
	fmt_char(out_room(&s->out, OUT_PIECE), '\n');
}

static int
table_run(struct svctl *s)
{
	struct page_header header = map_header(&s->map);
	struct fmt *f = out_room(&s->out, header.count * ROW_USUAL);
	size_t start = f->len, at;
	int code;

	name_width = NAME_MIN;
	(void)each_service(s, 0, NULL, measure);
	at = name_width;
	fmt_str(f, "NAME");
	fmt_column(f, start, at);
	fmt_str(f, "STATE");
	fmt_column(f, start, at += STATE_WIDTH);
	fmt_str(f, "PID");
	fmt_column(f, start, at += PID_WIDTH);
	fmt_str(f, "UPTIME");
	fmt_column(f, start, at + UPTIME_WIDTH);
	fmt_str(f, "RST  REASON\n");
	code = each_service(s, 0, NULL, row_show);
	if ((header.flags & (PAGE_DRAINING | PAGE_FINISHING)) != 0)
		fmt_str(out_room(&s->out, OUT_PIECE),
			(header.flags & PAGE_FINISHING) != 0
				? "\nEverything is being stopped.\n"
				: "\nDraining: `svctl health` says not ready, "
				  "and then everything stops.\n");
	return code;
}

static struct fmt *
label(struct svctl *s, const char *text)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE);

	pad(f, strlen(text), 10);
	fmt_str(f, text);
	fmt_str(f, "  ");
	return f;
}

static void
detail_numbers(struct svctl *s, const struct page_entry *entry)
{
	struct fmt *f = label(s, "wanted");

	fmt_printf(f, "%s\n", want_name(entry->want));
	f = label(s, "enabled");
	fmt_printf(f, "%s\n", enabled_name(entry->enabled));
	f = label(s, "type");
	fmt_printf(f, "%s\n", type_name(entry->type));
	f = label(s, "pid");
	if (entry->pid > 0)
		fmt_printf(f, "%d%s\n", entry->pid,
			entry->flags & PAGE_READY ? "" : ", not ready");
	else
		fmt_str(f, "none\n");
	f = label(s, "restarts");
	fmt_printf(f, "%u\n", entry->restarts);
	f = label(s, "last exit");
	describe_exit(f, entry);
	fmt_char(f, '\n');
	if (entry->next_run_ms) {
		f = label(s, "next run");
		describe_next_run(f, entry);
		fmt_char(f, '\n');
	}
}

static void
detail_strays(struct svctl *s, const struct page_entry *entry)
{
	char pids[128];
	struct fmt f;
	unsigned count;

	fmt_init(&f, pids, sizeof(pids));
	count = strays_find(s, name_of(s, entry), entry, &f);
	if (count > 0)
		fmt_printf(label(s, "strays"), "%u (%s)\n", count, pids);
}

static void
detail_show(struct svctl *s, const struct page_entry *entry)
{
	const struct page_view *view = &s->map.view;
	const char *about = page_string(view, entry->description_off);
	char text[DESCRIBE_CAP];
	struct fmt *f, r;

	if (s->out.f.len)
		fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	out_text(&s->out, name_of(s, entry), SIZE_MAX);
	if (*about) {
		fmt_str(out_room(&s->out, OUT_PIECE), ": ");
		out_text(&s->out, about, SIZE_MAX);
	}
	fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	label(s, "state");
	put_state(s, entry);
	f = out_room(&s->out, OUT_PIECE);
	if (entry->since_boot_ms) {
		fmt_str(f, " since ");
		describe_since(f, entry);
		fmt_str(f, " (");
		duration_format(f, describe_age_ms(entry));
		fmt_char(f, ')');
	}
	describe_moods(f, entry);
	fmt_char(f, '\n');
	if (*describe_status(&s->map, entry, text) != '\0') {
		label(s, "status");
		out_text(&s->out, text, SIZE_MAX);
		fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	}
	detail_numbers(s, entry);
	fmt_init(&r, text, sizeof(text));
	if (entry->state == SVC_UP && entry->reason > REASON_ASKED)
		fmt_str(&r, "started again after this: ");
	describe_reason_fully(s, &r, entry);
	if (entry->state != SVC_BACKOFF && entry->deadline_mono_ms) {
		if (r.len)
			fmt_str(&r, "; ");
		describe_deadline(&r, entry);
	}
	if (r.len) {
		label(s, "reason");
		out_text(&s->out, text, SIZE_MAX);
		fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	}
	detail_strays(s, entry);
	label(s, "source");
	out_text(&s->out, page_string(view, entry->source_off), SIZE_MAX);
	fmt_char(out_room(&s->out, OUT_PIECE), '\n');
	defs_show_depends(s, name_of(s, entry));
	logs_show_status(s, name_of(s, entry));
}

int
status_check_up(struct svctl *s, int argc, char **argv)
{
	struct page_entry entry;

	for (int i = 0; i < argc; i++) {
		if (map_entry(&s->map, argv[i], &entry) != PAGE_NONE &&
			!describe_is_up(entry.state))
			return CODE_NOT_UP;
	}
	return CODE_OK;
}

int
status_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int code = svctl_open_page(s, true);

	(void)verb;
	if (code != CODE_OK)
		return code;
	if (s->given & OPT_JSON)
		code = status_json(s, argc, argv);
	else if (argc)
		code = each_service(s, argc, argv, detail_show);
	else
		code = table_run(s);
	return code != CODE_OK ? code : status_check_up(s, argc, argv);
}
