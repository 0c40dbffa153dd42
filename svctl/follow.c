#include "svctl/follow.h"

#include <unistd.h>

#include "lib/fmt.h"
#include "lib/reason.h"
#include "lib/state.h"
#include "svctl/describe.h"
#include "svctl/request.h"
#include "svctl/svctl.h"
#include "svctl/watch.h"

#define REMARK_MS 2000 /* a wait that needs an explanation on a terminal */

static int
say_state(struct svctl *s, const char *name, const struct page_entry *entry,
	int code)
{
	char text[DESCRIBE_CAP];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	describe_reason_fully(s, &f, entry);
	if (f.len)
		out_error(name, "%s: %s; see `svctl why %s`",
			state_name(entry->state), text, name);
	else
		out_error(name, "is %s; see `svctl why %s`",
			state_name(entry->state), name);
	return code;
}

/* What a settled entry means for a verb that wants it up. */
static int
judge_up(struct svctl *s, enum control_verb verb, const struct request *r,
	const struct page_entry *entry)
{
	const char *name = r->name;

	/* What was not up is left alone, whatever it is. */
	if (verb == CONTROL_TRY_RESTART && r->result.detail == PAGE_ALREADY)
		return CODE_OK;
	if (describe_is_up(entry->state))
		return CODE_OK;
	if (entry->state == SVC_INVALID)
		return say_state(s, name, entry, CODE_INVALID);
	if (entry->state != SVC_DOWN)
		return say_state(s, name, entry, CODE_FAILED);
	/* try-restart of what is down, and a `once` that has ended. */
	if (verb == CONTROL_TRY_RESTART || verb == CONTROL_ONCE ||
		verb == CONTROL_RELOAD_OR_RESTART)
		return CODE_OK;
	/* One that does not remain, and has ended well. */
	if (entry->type == TYPE_ONESHOT && entry->reason == REASON_EXITED)
		return CODE_OK;
	out_error(name, "was stopped meanwhile");
	return CODE_FAILED;
}

static int
judge_down(struct svctl *s, const char *name, const struct page_entry *entry)
{
	if (entry->want != WANT_DOWN || state_has_process(entry->state)) {
		out_error(name, "was started again meanwhile");
		return CODE_FAILED;
	}
	(void)s;
	return CODE_OK;
}

static bool
is_settled(enum control_verb verb, const struct page_entry *entry)
{
	if (entry->flags & PAGE_SETTLED)
		return true;
	/* What does not die of KILL is not waited for. */
	return verb == CONTROL_STOP && entry->reason == REASON_STUCK;
}

/* Looks at one request; adds what it waits for to bits. */
static void
look(struct svctl *s, enum control_verb verb, struct request *r, uint32_t *bits)
{
	struct page_entry entry;
	uint32_t id = map_entry(&s->map, r->name, &entry);

	if (id == PAGE_NONE) {
		r->is_settled = true;
		/* What apply removed is gone once it is down. */
		if (verb != CONTROL_STOP)
			r->code = svctl_say_unknown(s, r->name);
		return;
	}
	if (!is_settled(verb, &entry)) {
		*bits |= page_entry_bit(id);
		return;
	}
	r->is_settled = true;
	if (entry.reason == REASON_STUCK && state_has_process(entry.state))
		r->code = say_state(s, r->name, &entry, CODE_FAILED);
	else if (verb == CONTROL_STOP)
		r->code = judge_down(s, r->name, &entry);
	else
		r->code = judge_up(s, verb, r, &entry);
}

/* All that are not settled get this code, with a word about where they are. */
static void
give_up(struct svctl *s, struct request *requests, unsigned count, int code)
{
	for (unsigned i = 0; i < count; i++) {
		struct page_entry entry;
		char text[DESCRIBE_CAP];
		struct fmt f;

		if (requests[i].is_settled || requests[i].code != CODE_OK)
			continue;
		requests[i].code = code;
		if (code != CODE_TIMEOUT || map_entry(&s->map, requests[i].name,
						    &entry) == PAGE_NONE)
			continue;
		fmt_init(&f, text, sizeof(text));
		describe_reason_fully(s, &f, &entry);
		out_error(requests[i].name, "still %s%s%s; gave up waiting",
			state_name(entry.state), f.len ? ": " : "", text);
	}
}

static void
remark(struct svctl *s, struct request *requests, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct page_entry entry;
		char text[DESCRIBE_CAP];
		struct fmt f;

		if (requests[i].is_settled || requests[i].code != CODE_OK ||
			map_entry(&s->map, requests[i].name, &entry) ==
				PAGE_NONE)
			continue;
		fmt_init(&f, text, sizeof(text));
		describe_reason_fully(s, &f, &entry);
		if (!f.len)
			describe_deadline(&f, &entry);
		out_error(requests[i].name, "waiting: %s%s%s",
			state_name(entry.state), f.len ? "; " : "", text);
	}
}

static void
wait_for_all(struct svctl *s, enum control_verb verb, struct request *requests,
	unsigned count)
{
	uint64_t remark_ms = isatty(2) ? clock_mono_ms() + REMARK_MS : 0;
	bool was_woken = true;
	struct watch watch;

	watch_begin(s, &watch);
	for (;;) {
		uint32_t turn = map_turn(&s->map);
		uint32_t bits = 0;

		for (unsigned i = 0; i < count; i++) {
			if (requests[i].code == CODE_OK &&
				!requests[i].is_settled)
				look(s, verb, &requests[i], &bits);
		}
		if (!bits)
			return;
		if (watch_is_late(s)) {
			give_up(s, requests, count, CODE_TIMEOUT);
			return;
		}
		if (watch_look(s, &watch, !was_woken) == WATCH_LOST) {
			give_up(s, requests, count, request_say_dead(s));
			return;
		}
		if (remark_ms && clock_mono_ms() >= remark_ms) {
			remark(s, requests, count);
			remark_ms = 0;
		}
		was_woken = watch_sleep(s, &watch, turn, bits, remark_ms);
	}
}

int
follow_all(struct svctl *s, enum control_verb verb, struct request *requests,
	unsigned count)
{
	wait_for_all(s, verb, requests, count);
	for (unsigned i = 0; i < count; i++) {
		if (requests[i].code != CODE_OK)
			return requests[i].code;
	}
	return CODE_OK;
}
