/* svctl wait: until services reach a state, whoever brings them there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/state.h"
#include "svctl/describe.h"
#include "svctl/options.h"
#include "svctl/request.h"
#include "svctl/svctl.h"
#include "svctl/verbs.h"
#include "svctl/watch.h"

/* A failure found at the first look may be one that a start on its way, sent
 * by echo, is about to end. */
#define GRACE_MS 1000

enum goal {
	GOAL_UP,
	GOAL_DOWN,
	GOAL_DONE,
	GOAL_RESTARTED,
	GOALS
};

static const char *const goals[GOALS] = {[GOAL_UP] = "up",
	[GOAL_DOWN] = "down",
	[GOAL_DONE] = "done",
	[GOAL_RESTARTED] = "restarted"};

struct waiting {
	const char *name;
	bool is_over;
	uint32_t starts; /* at the first look */
	uint64_t since_boot_ms;
	int32_t pid;
	int code;
};

struct wait {
	enum goal goal;
	bool any;
	uint64_t grace_ms; /* when old failures begin to count */
	struct waiting *waiting;
	unsigned count;
};

static bool
is_reached(
	enum goal goal, const struct waiting *w, const struct page_entry *entry)
{
	switch (goal) {
	case GOAL_UP:
		return describe_is_up(entry->state);
	case GOAL_DOWN:
		return entry->state == SVC_DOWN || entry->state == SVC_FAILED ||
		       entry->state == SVC_INVALID ||
		       entry->state == SVC_MASKED;
	case GOAL_DONE:
		return entry->state == SVC_DONE;
	case GOAL_RESTARTED:
		return describe_is_up(entry->state) &&
		       (entry->starts != w->starts ||
			       (entry->pid && entry->pid != w->pid));
	case GOALS:
		break;
	}
	return false;
}

/* It will not get there by itself. */
static bool
is_hopeless(const struct wait *wait, const struct waiting *w,
	const struct page_entry *entry)
{
	if (entry->state != SVC_FAILED && entry->state != SVC_INVALID &&
		entry->state != SVC_MASKED)
		return false;
	return entry->since_boot_ms != w->since_boot_ms ||
	       clock_mono_ms() >= wait->grace_ms;
}

/* Returns the bits that wake us for it, 0 when it is over. */
static uint32_t
look(struct svctl *s, const struct wait *wait, struct waiting *w)
{
	struct page_entry entry;
	uint32_t id = map_entry(&s->map, w->name, &entry);
	char text[DESCRIBE_CAP];
	struct fmt f;

	if (id == PAGE_NONE) {
		/* Names come a moment after the page. */
		if (!(map_header(&s->map).flags & PAGE_SERVING) &&
			clock_mono_ms() < wait->grace_ms)
			return PAGE_RESULT_BIT;
		w->is_over = true;
		if (wait->goal != GOAL_DOWN)
			w->code = svctl_say_unknown(s, w->name);
		return 0;
	}
	if (is_reached(wait->goal, w, &entry)) {
		w->is_over = true;
		return 0;
	}
	if (!is_hopeless(wait, w, &entry))
		return page_entry_bit(id);
	fmt_init(&f, text, sizeof(text));
	describe_reason_fully(s, &f, &entry);
	out_error(w->name, "%s%s%s", state_name(entry.state), f.len ? ": " : "",
		text);
	w->is_over = true;
	w->code = entry.state == SVC_INVALID ? CODE_INVALID : CODE_FAILED;
	return 0;
}

/* The outcome, or -1 while there is something to wait for. */
static int
look_at_all(struct svctl *s, struct wait *wait, uint32_t *bits)
{
	int first = CODE_OK;
	bool is_over = true;

	*bits = 0;
	for (unsigned i = 0; i < wait->count; i++) {
		struct waiting *w = &wait->waiting[i];

		if (!w->is_over)
			*bits |= look(s, wait, w);
		is_over = is_over && w->is_over;
		if (first == CODE_OK)
			first = w->code;
		if (wait->any && w->is_over && w->code == CODE_OK) {
			fmt_printf(
				out_room(&s->out, OUT_PIECE), "%s\n", w->name);
			return CODE_OK;
		}
	}
	return is_over ? first : -1;
}

static int
say_late(const struct wait *wait)
{
	for (unsigned i = 0; i < wait->count; i++) {
		if (!wait->waiting[i].is_over)
			out_error(wait->waiting[i].name,
				"not %s in time; gave up waiting",
				goals[wait->goal]);
	}
	return CODE_TIMEOUT;
}

static int
wait_for(struct svctl *s, struct wait *wait)
{
	bool was_woken = false; /* nothing was sent: look closer at once */
	struct watch watch;

	watch_begin(s, &watch);
	for (;;) {
		uint64_t now = clock_mono_ms();
		uint32_t turn = map_turn(&s->map);
		uint32_t bits;
		int code = look_at_all(s, wait, &bits);

		if (code >= 0)
			return code;
		if (watch_is_late(s))
			return say_late(wait);
		if (watch_look(s, &watch, !was_woken) == WATCH_LOST)
			return request_say_dead(s);
		was_woken = watch_sleep(s, &watch, turn, bits,
			now < wait->grace_ms ? wait->grace_ms : 0);
	}
}

/* `supervisor & svctl wait web` is fair: let the page come. */
static void
await_page(struct svctl *s)
{
	uint64_t give_up = clock_mono_ms() + GRACE_MS;
	const struct timespec nap = {0, 10000000};

	paths_runtime_find(&s->paths, s->runtime);
	while (!s->paths.root && map_open(&s->map, s->runtime) != 0 &&
		errno == ENOENT && clock_mono_ms() < give_up &&
		!watch_is_late(s)) {
		nanosleep(&nap, NULL);
		paths_runtime_find(&s->paths, s->runtime);
	}
}

static bool
parse_goal(const char *word, enum goal *goal)
{
	*goal = GOAL_UP;
	if (!word)
		return true;
	for (unsigned i = 0; i < GOALS; i++) {
		*goal = (enum goal)i;
		if (!strcmp(word, goals[i]))
			return true;
	}
	out_error(word, "unknown; --for takes up, down, done or restarted");
	return false;
}

int
wait_run(struct svctl *s, const struct verb *verb, int argc, char **argv)
{
	struct wait wait = {.any = s->given & OPT_ANY};
	int code;

	(void)verb;
	if (!parse_goal(s->until, &wait.goal))
		return CODE_USAGE;
	await_page(s);
	code = svctl_open_page(s, false);
	if (code != CODE_OK)
		return code;
	wait.waiting = calloc((size_t)argc, sizeof(*wait.waiting));
	if (!wait.waiting) {
		out_error(NULL, "out of memory");
		return CODE_FAILED;
	}
	wait.count = (unsigned)argc;
	wait.grace_ms = clock_mono_ms() + GRACE_MS;
	for (unsigned i = 0; i < wait.count; i++) {
		struct waiting *w = &wait.waiting[i];
		struct page_entry entry;

		w->name = argv[i];
		if (map_entry(&s->map, w->name, &entry) == PAGE_NONE)
			continue;
		w->starts = entry.starts;
		w->since_boot_ms = entry.since_boot_ms;
		w->pid = entry.pid;
	}
	code = wait_for(s, &wait);
	free(wait.waiting);
	return code;
}
