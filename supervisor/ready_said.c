/*
 * What a service says about itself.
 */
#include <stddef.h>

#include "lib/duration.h"
#include "lib/log.h"
#include "lib/page.h"
#include "lib/probe.h"
#include "supervisor/family.h"
#include "supervisor/main_pid.h"
#include "supervisor/notify_parse.h"
#include "supervisor/ready.h"
#include "supervisor/ready_private.h"
#include "supervisor/record.h"
#include "supervisor/supervisor.h"

static void
take_state(struct supervisor *sv, struct watcher *w, const struct notify *n)
{
	bool is_up = sv->plan.svc[w->svc].state == SVC_UP;

	if (is_up && n->is_ready)
		w->is_reloading = false;
	if (is_up && n->is_reloading)
		w->is_reloading = true;
	if (is_up && n->is_stopping) {
		w->is_leaving = true;
		vigil_leaving(&w->vigil,
			sv->plan.svc[w->svc].policy.stop_timeout_ms,
			sv->plan.now_ms);
	}
	if (n->is_ready || n->is_reloading || n->is_stopping)
		record_show_later(sv, w->svc);
	if (n->watchdog_usec != NOTIFY_NONE)
		vigil_set_watchdog(&w->vigil,
			n->watchdog_usec / 1000 > DURATION_MAX_MS
				? 0
				: (uint32_t)((n->watchdog_usec + 999) / 1000),
			sv->plan.now_ms);
	if (n->is_ping)
		vigil_ping(&w->vigil, sv->plan.now_ms);
	watcher_arm(w);
	if (n->is_trigger)
		ready_say_unhealthy(sv, w, REASON_WATCHDOG, 0);
}

static void
take_ready(struct supervisor *sv, struct watcher *w)
{
	/* Its exec may not have been noticed yet. */
	w->has_said_ready = true;
	if (w->is_execed && w->kind == PROBE_NOTIFY)
		ready_say(sv, w);
}

/* It hands its place on, as a daemon does that replaces itself. */
static void
take_main(struct supervisor *sv, uint32_t id, pid_t pid)
{
	const struct journal_record *record = journal_record(&sv->journal, id);
	unsigned state = sv->plan.svc[id].state;
	const char *no;

	if (pid == record->pid || record->pid <= 0 ||
		(state != SVC_STARTING && state != SVC_UP))
		return;
	no = family_why_not(sv, id, pid, record->before_ms);
	if (no)
		log_warn("%s: MAINPID=%d: the process %s; it is not taken",
			service_name(sv, id), (int)pid, no);
	else if (!set_main_pid(sv, id, pid))
		log_warn("%s: MAINPID=%d: the process has ended",
			service_name(sv, id), (int)pid);
}

void
ready_take(struct supervisor *sv, uint32_t id, const struct notify *n)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	struct watcher *w = watcher_find(sv, id);
	char text[PAGE_STATUS_CAP];
	uint64_t more_ms = n->extend_usec / 1000;

	if (n->status) {
		notify_clean(text, sizeof(text), n->status, n->status_len);
		publish_status(&sv->page, id, text);
	}
	if (n->main_pid > 0)
		take_main(sv, id, n->main_pid);
	if (w)
		take_state(sv, w, n);
	if (w && n->is_ready && s->state == SVC_STARTING)
		take_ready(sv, w);
	if (n->extend_usec != NOTIFY_NONE &&
		(s->state == SVC_STARTING || s->state == SVC_STOPPING))
		plan_event(&sv->plan, id, EVENT_EXTEND,
			more_ms > INT32_MAX ? INT32_MAX : (int32_t)more_ms,
			PLAN_NONE);
}

uint32_t
ready_flags(const struct supervisor *sv, uint32_t id)
{
	const struct watcher *w = watcher_find(sv, id);

	if (!w)
		return 0;
	return (w->is_reloading ? PAGE_RELOADING : 0) |
	       (w->is_leaving ? PAGE_LEAVING : 0) |
	       (w->vigil.failures > 0 ? PAGE_UNWELL : 0);
}
