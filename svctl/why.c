/* svctl why: the chain of causes behind a state, and the remedy. */
#include <string.h>

#include "lib/duration.h"
#include "lib/reason.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/describe.h"
#include "svctl/options.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"

#define CHAIN_MAX 32 /* longer ones are cut, said so */

static const char *
name_of(struct svctl *s, const struct page_entry *entry)
{
	return page_string(&s->map.view, entry->name_off);
}

static void
indent(struct svctl *s, unsigned depth)
{
	struct fmt *f = out_room(&s->out, OUT_PIECE + 2 * CHAIN_MAX);

	for (unsigned i = 0; i < depth; i++)
		fmt_str(f, "  ");
}

/* A line of its own below the service's. */
static void
line(struct svctl *s, unsigned depth, const char *text)
{
	indent(s, depth + 1);
	out_text(&s->out, text, SIZE_MAX);
	fmt_char(out_room(&s->out, OUT_PIECE), '\n');
}

/* "web: up for 3 min 4 s, started because it is enabled" */
static void
say_state(struct svctl *s, unsigned depth, const struct page_entry *entry)
{
	struct fmt *f;

	indent(s, depth);
	out_text(&s->out, name_of(s, entry), SIZE_MAX);
	f = out_room(&s->out, OUT_PIECE);
	fmt_printf(f, ": %s", state_name(entry->state));
	if (entry->since_boot_ms) {
		fmt_str(f, " for ");
		duration_format(f, describe_age_ms(entry));
	}
	if (entry->want == WANT_DOWN && entry->state != SVC_DOWN)
		fmt_str(f, ", wanted down");
	if (entry->want != WANT_DOWN && entry->state == SVC_DOWN)
		fmt_str(f, ", wanted up");
	fmt_char(f, '\n');
}

/* The reason of what is up is that of the time before. */
static void
put_reason(struct svctl *s, struct fmt *f, const struct page_entry *entry)
{
	if (entry->state == SVC_UP)
		fmt_str(f, "started again after this: ");
	reason_format(f, entry->reason, entry->reason_arg,
		map_name(&s->map, entry->reason_svc),
		page_string(&s->map.view, entry->text_off));
	defs_explain(s, entry, f);
}

static void
say_cause(struct svctl *s, unsigned depth, const struct page_entry *entry)
{
	char text[DESCRIBE_CAP];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	if (entry->reason == REASON_ASKED)
		fmt_str(&f,
			entry->want == WANT_DOWN
				? "somebody stopped it, or what it needs"
			: entry->flags & PAGE_AUTOSTART
				? "it starts at boot, or somebody started it"
				: "somebody started it, or what needs it");
	else if (entry->reason == REASON_NONE && entry->state == SVC_UP)
		fmt_str(&f, entry->flags & PAGE_ADOPTED
				    ? "it ran already when this supervisor came"
			    : entry->flags & PAGE_AUTOSTART
				    ? "it starts by itself"
				    : "something that is started needs it");
	else
		put_reason(s, &f, entry);
	describe_until_run(&f, entry);
	if (f.len)
		line(s, depth, text);
	fmt_init(&f, text, sizeof(text));
	describe_deadline(&f, entry);
	if (f.len)
		line(s, depth, text);
	if (!(entry->flags & PAGE_HAS_EXIT) || entry->reason == REASON_EXITED ||
		entry->reason == REASON_SIGNALED)
		return;
	fmt_init(&f, text, sizeof(text));
	fmt_str(&f, "its last process ");
	if (entry->exit_status & 0x7f)
		fmt_str(&f, "was ");
	describe_exit(&f, entry);
	line(s, depth, text);
}

/* What somebody can do about it. NULL: nothing. */
static const char *
remedy(const struct page_entry *entry)
{
	if (entry->state == SVC_FAILED && entry->reason == REASON_STILL_RUNNING)
		return "its supervisor died and left no journal to trust: end "
		       "that process, then `svctl start NAME`; if it is none "
		       "of it, `svctl stop NAME` says so";
	if (entry->state == SVC_DOWN && entry->next_run_ms)
		return "`svctl start NAME` runs it at once";
	switch (entry->state) {
	case SVC_STARTING:
		return "it runs, and is up once what `ready` says is so; "
		       "`svctl cat NAME` shows that";
	case SVC_DOWN:
		return "`svctl start NAME` starts it";
	case SVC_WAITING:
		return "it starts when what it waits for is there";
	case SVC_SKIPPED:
		return "`svctl start NAME` looks again whether it is needed";
	case SVC_DONE:
		return "`svctl restart NAME` runs it again";
	case SVC_STOPPING:
		return "its processes take their time; `svctl kill -s KILL "
		       "NAME` ends them";
	case SVC_KILLING:
		return "KILL was sent; if it stays, its process hangs in the "
		       "kernel";
	case SVC_BACKOFF:
		return "`svctl start NAME` tries at once, `svctl stop NAME` "
		       "gives up; its log may say more";
	case SVC_FAILED:
		return "once that is mended, `svctl start NAME` tries again; "
		       "its log may say more";
	case SVC_MASKED:
		return "`svctl unmask NAME` and `svctl apply` undo that";
	case SVC_INVALID:
		return "once the file is mended (`svctl check NAME`), `svctl "
		       "start NAME` takes it";
	default:
		return NULL;
	}
}

/* text with each NAME replaced. */
static void
say_remedy(struct svctl *s, unsigned depth, const struct page_entry *entry)
{
	const char *text = remedy(entry);
	char out[DESCRIBE_CAP];
	const char *at;
	struct fmt f;

	if (!text)
		return;
	fmt_init(&f, out, sizeof(out));
	fmt_str(&f, "-> ");
	for (; (at = strstr(text, "NAME")); text = at + 4) {
		fmt_bytes(&f, text, (size_t)(at - text));
		fmt_str(&f, name_of(s, entry));
	}
	fmt_str(&f, text);
	line(s, depth, out);
}

/* Of what is up again the other one has nothing more to tell. */
static bool
points_on(const struct page_entry *entry)
{
	return !describe_is_up(entry->state) &&
	       entry->reason_svc != PAGE_NONE &&
	       (entry->reason == REASON_DEP_FAILED ||
		       entry->reason == REASON_DEP_STOPPED ||
		       entry->reason == REASON_DEP_WAIT ||
		       entry->reason == REASON_DEP_EXITED ||
		       entry->reason == REASON_CONFLICT);
}

static int
why(struct svctl *s, const char *name)
{
	uint32_t seen[CHAIN_MAX];
	struct page_entry entry;
	uint32_t id = map_entry(&s->map, name, &entry);

	if (id == PAGE_NONE)
		return svctl_say_unknown(s, name);
	for (unsigned depth = 0;; depth++) {
		if (depth == CHAIN_MAX) {
			line(s, depth, "... and so on");
			return CODE_OK;
		}
		for (unsigned i = 0; i < depth; i++) {
			if (seen[i] != id)
				continue;
			line(s, depth,
				"... which waits for itself; "
				"`svctl check` names the cycle");
			return CODE_OK;
		}
		seen[depth] = id;
		say_state(s, depth, &entry);
		say_cause(s, depth, &entry);
		if (!points_on(&entry)) {
			say_remedy(s, depth, &entry);
			return CODE_OK;
		}
		id = entry.reason_svc;
		if (!page_entry_read(&s->map.view, id, &entry))
			return CODE_OK;
	}
}

int
why_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	int first = svctl_open_page(s, true);

	(void)verb;
	if (first != CODE_OK)
		return first;
	for (int i = 0; i < argc; i++) {
		int code = why(s, argv[i]);

		if (first == CODE_OK)
			first = code;
	}
	return first;
}
