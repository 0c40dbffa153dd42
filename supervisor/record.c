#include "supervisor/record.h"

#include <stddef.h>

#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/reason.h"
#include "supervisor/cgroup.h"
#include "supervisor/ready.h"
#include "supervisor/schedule.h"
#include "supervisor/services.h"
#include "supervisor/spawn_build.h"
#include "supervisor/supervisor.h"

static uint64_t
reason_name(const struct supervisor *sv, const struct plan_svc *s)
{
	return s->reason_svc == PLAN_NONE
		       ? 0
		       : name_hash(service_name(sv, s->reason_svc));
}

static void
save(struct supervisor *sv, uint32_t id, bool knows_process)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	journal_save(&sv->journal, id, s, reason_name(sv, s),
		sv->service[id].is_adopted, knows_process,
		id == sv->asked ? sv->asked_token : 0);
}

void
record_request(struct supervisor *sv, uint64_t token)
{
	sv->asked = PLAN_NONE;
	sv->asked_token = token;
}

void
record_asked(struct supervisor *sv, uint32_t id)
{
	sv->asked = id;
}

void
record_process(struct supervisor *sv, uint32_t id)
{
	save(sv, id, true);
}

void
record_forget_process(struct supervisor *sv, uint32_t id)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	save(sv, id, false);
	/* In this order: a pid whose end is known, or none. */
	__atomic_store_n(&record->pid, 0, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	record->exit = 0;
	record->error = 0;
	record->is_told = 0;
}

static int32_t
shown_pid(const struct supervisor *sv, uint32_t id)
{
	const struct journal_record *record =
		(const struct journal_record *)(const void
				*)(sv->journal.base +
				   sizeof(struct journal_header)) +
		id;

	return sv->service[id].is_grouped ? 0 : record->pid;
}

static bool
has_process(const struct supervisor *sv, uint32_t id)
{
	return shown_pid(sv, id) != 0 || sv->service[id].is_grouped;
}

void
record_forget_hook(struct supervisor *sv, uint32_t id)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	save(sv, id, has_process(sv, id));
	__atomic_store_n(&record->hook_pid, 0, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	record->hook_end = 0;
}

/* The plan knows of no pids. */
static int32_t
shown_arg(const struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	return s->reason == REASON_STUCK ? shown_pid(sv, id) : s->reason_arg;
}

static void
publish(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	struct page_entry entry = *publish_peek(&sv->page, id);
	uint32_t shown =
		entry.flags & (PAGE_AUTOSTART | PAGE_RELOADS | PAGE_GONE);

	entry.state = s->state;
	entry.want = s->want;
	entry.type = s->policy.type;
	entry.pid = shown_pid(sv, id);
	entry.restarts = s->restarts;
	entry.starts = s->starts;
	entry.exit_status = s->exit_status;
	entry.reason = s->reason;
	entry.reason_arg = shown_arg(sv, id);
	entry.reason_svc = s->reason_svc;
	entry.since_boot_ms = s->since_boot_ms;
	entry.deadline_mono_ms = s->deadline_ms;
	entry.next_run_ms = s->policy.is_timed ? schedule_next_ms(sv, id) : 0;
	entry.flags =
		shown | PAGE_USED | ready_flags(sv, id) |
		(s->state == SVC_UP || s->state == SVC_DONE ? PAGE_READY : 0) |
		(plan_is_settled(s) ? PAGE_SETTLED : 0) |
		(s->has_exit ? PAGE_HAS_EXIT : 0) |
		(s->policy.is_essential ? PAGE_ESSENTIAL : 0) |
		(sv->service[id].is_adopted ? PAGE_ADOPTED : 0);
	publish_entry(&sv->page, id, &entry);
}

static void
tell_event(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	struct page_event event = {.boot_ms = sv->plan.boot_ms,
		.svc = id,
		.from = sv->service[id].published,
		.to = s->state,
		.want = s->want,
		.reason = s->reason,
		.reason_arg = shown_arg(sv, id)};

	publish_event(&sv->page, &event);
}

/* It ended by itself, and is started again at once. */
static bool
is_crash(const struct plan_svc *s)
{
	return s->state == SVC_STARTING &&
	       (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED ||
		       s->reason == REASON_LOST);
}

/* It is ended because it is not well, which nothing says but this. */
static bool
is_unwell(const struct plan_svc *s)
{
	return s->reason == REASON_START_TIMEOUT ||
	       s->reason == REASON_UNHEALTHY || s->reason == REASON_WATCHDOG ||
	       s->reason == REASON_OVERSTAYED;
}

static void
add_reason(struct supervisor *sv, uint32_t id, struct fmt *f)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	struct page_view view = publish_view(&sv->page);

	if (s->reason == REASON_NONE || s->reason == REASON_ASKED)
		return;
	fmt_str(f, ": ");
	reason_format(f, s->reason, shown_arg(sv, id),
		s->reason_svc == PLAN_NONE ? NULL
					   : service_name(sv, s->reason_svc),
		page_string(&view, publish_peek(&sv->page, id)->text_off));
	if (s->reason == REASON_EXEC_FAILED) {
		char command[256];

		spawn_command(sv, id, s->command, command, sizeof(command));
		fmt_printf(f, " (command = %s)", command);
	}
}

/* How long it had been up, for a process that ended by itself. */
static void
add_age(const struct supervisor *sv, const struct plan_svc *s, struct fmt *f)
{
	if (s->up_ms == 0 ||
		(s->reason != REASON_EXITED && s->reason != REASON_SIGNALED &&
			s->reason != REASON_LOST))
		return;
	fmt_str(f, " after ");
	duration_format(f, sv->plan.now_ms - s->up_ms);
}

/* A line for what somebody may want to know later: object, what happened to
 * it, what comes of it. */
static void
log_change(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	char text[640];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	fmt_str(&f, service_name(sv, id));
	if (s->state == SVC_BACKOFF) {
		add_reason(sv, id, &f);
		add_age(sv, s, &f);
		fmt_str(&f, "; retry in ");
		duration_format(&f, s->deadline_ms - sv->plan.now_ms);
		log_warn("%s", text);
	} else if (is_crash(s) && sv->service[id].published != SVC_BACKOFF) {
		add_reason(sv, id, &f);
		add_age(sv, s, &f);
		fmt_str(&f, "; starting it again");
		log_warn("%s", text);
	} else if (s->state == SVC_FAILED) {
		fmt_str(&f, ": failed");
		add_reason(sv, id, &f);
		fmt_printf(&f, "; `svctl start %s` tries again",
			service_name(sv, id));
		log_error("%s", text);
	} else {
		fmt_printf(&f, ": %s", state_name(s->state));
		if (s->state != SVC_UP && s->state != SVC_DONE)
			add_reason(sv, id, &f);
		if (s->state == SVC_KILLING ||
			(s->state == SVC_STOPPING && is_unwell(s)))
			log_warn("%s", text);
		else
			log_info("%s", text);
	}
}

void
record_asked_now(struct supervisor *sv, uint32_t id)
{
	record_asked(sv, id);
	save(sv, id, has_process(sv, id));
}

void
record_show_later(struct supervisor *sv, uint32_t id)
{
	if (sv->service[id].is_unshown)
		return;
	sv->service[id].is_unshown = true;
	sv->unshown[sv->unshown_len++] = id;
}

static void
decide(struct supervisor *sv, uint32_t id)
{
	struct service *service = &sv->service[id];
	struct plan_svc *s = &sv->plan.svc[id];

	if (service->is_masked && !plan_is_running(s)) {
		service->is_masked = false;
		plan_define(&sv->plan, id, &s->policy, SVC_MASKED);
	}
	s->is_changed = false;
	if (!s->is_used)
		return;
	save(sv, id, has_process(sv, id));
	record_show_later(sv, id);
}

void
record_decisions(struct supervisor *sv)
{
	struct plan *p = &sv->plan;

	for (uint32_t i = 0; i < p->changes; i++)
		decide(sv, p->changed[i]);
	p->changes = 0;
}

static void
show(struct supervisor *sv, uint32_t id)
{
	struct service *service = &sv->service[id];
	const struct plan_svc *s = &sv->plan.svc[id];

	service->is_unshown = false;
	if (!s->is_used)
		return;
	ready_follow(sv, id);
	timers_set(&sv->timers, id, s->deadline_ms);
	if (s->policy.is_timed)
		schedule_look(sv, id);
	cgroup_rest(sv, id);
	publish(sv, id);
	if (service->published != s->state) {
		tell_event(sv, id);
		log_change(sv, id);
		service->published = s->state;
	}
	if (service->is_gone && !plan_is_running(s) &&
		s->state != SVC_WAITING && s->state != SVC_BACKOFF)
		services_forget(sv, id);
}

void
record_changes(struct supervisor *sv)
{
	record_decisions(sv);
	for (uint32_t i = 0; i < sv->unshown_len; i++)
		show(sv, sv->unshown[i]);
	sv->unshown_len = 0;
}
