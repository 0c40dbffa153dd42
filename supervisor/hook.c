#include "supervisor/hook.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "supervisor/act.h"
#include "supervisor/adopt.h"
#include "supervisor/check.h"
#include "supervisor/death.h"
#include "supervisor/pids.h"
#include "supervisor/record.h"
#include "supervisor/session.h"
#include "supervisor/spawn.h"
#include "supervisor/spawn_build.h"
#include "supervisor/supervisor.h"
#include "supervisor/watch.h"

static struct journal_record *
record_of(struct supervisor *sv, uint32_t id)
{
	return journal_record(&sv->journal, id);
}

static unsigned
part_of(const struct journal_record *record)
{
	return record->hook_what >> 8 & 0xff;
}

bool
hook_is_there(struct supervisor *sv, uint32_t id)
{
	return record_of(sv, id)->hook_pid != 0 ||
	       sv->service[id].is_hook_pending;
}

/* The plan waits for the end of that command. */
static bool
is_awaited(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	return (s->facts & FACT_HOOK) != 0 &&
	       (record_of(sv, id)->hook_what & 0xffff) ==
		       (unsigned)(s->part << 8 | s->command);
}

static void
begin(struct supervisor *sv, uint32_t id, unsigned what)
{
	record_of(sv, id)->hook_what = what;
	/* Its definition is gone, and with it what was to be run. */
	if (sv->service[id].is_gone || sv->service[id].is_masked)
		plan_event(&sv->plan, id, EVENT_HOOK_EXITED, 0, PLAN_NONE);
	else
		spawn_start(sv, id | PIDS_HOOK);
}

void
hook_start(struct supervisor *sv, uint32_t id, unsigned what)
{
	struct service *service = &sv->service[id];

	if (!hook_is_there(sv, id)) {
		begin(sv, id, what);
		return;
	}
	hook_signal(sv, id, SIGKILL);
	service->is_hook_next = true;
	service->hook_todo = (uint16_t)what;
	/* It had only been put off. */
	if (!hook_is_there(sv, id)) {
		service->is_hook_next = false;
		begin(sv, id, what);
	}
}

static int
send(struct supervisor *sv, uint32_t id, pid_t pid, int signal)
{
	struct journal_record view;

	if (!sv->service[id].is_hook_adopted) {
		/* Before its setsid() it has no group of its own. */
		if (kill(-pid, signal) == 0)
			return 0;
		return errno == ESRCH ? kill(pid, signal) : -1;
	}
	view = hook_as_main(record_of(sv, id));
	return adopt_signal_record(&view, signal, true);
}

void
hook_signal(struct supervisor *sv, uint32_t id, int signal)
{
	pid_t pid = record_of(sv, id)->hook_pid;

	sv->service[id].is_hook_next = false;
	if (spawn_cancel(sv, id | PIDS_HOOK)) {
		if (is_awaited(sv, id))
			plan_event(&sv->plan, id, EVENT_HOOK_FAILED, ECANCELED,
				PLAN_NONE);
		return;
	}
	if (pid == 0)
		return;
	/* It may hang in open or exec, and can take no signal but one. */
	if (spawn_is_under_way(sv, id | PIDS_HOOK))
		signal = SIGKILL;
	if (send(sv, id, pid, signal) < 0 && errno != ESRCH)
		log_error("%s: signal %d could not be sent to its %s: %m",
			service_name(sv, id), signal,
			def_part_name(part_of(record_of(sv, id))));
	if (signal != SIGKILL)
		send(sv, id, pid, SIGCONT);
}

/* How it ended, where that is no good end. */
static void
log_end(struct supervisor *sv, uint32_t id, uint32_t reason, uint32_t arg)
{
	uint32_t what = record_of(sv, id)->hook_what;
	char command[256];
	char text[320];
	struct fmt f;

	fmt_init(&f, text, sizeof(text));
	reason_format(&f, reason, (int32_t)arg, NULL, NULL);
	spawn_command(sv, id, what & 0xffff, command, sizeof(command));
	/* A definition that was read since may not have it any more. */
	if (command[0] == '\0')
		log_warn("%s: %s", service_name(sv, id), text);
	else
		log_warn("%s: %s (%s)", service_name(sv, id), text, command);
}

static void
tell_plan(struct supervisor *sv, uint32_t id, enum plan_event event,
	int32_t arg, bool is_well)
{
	const struct journal_record *record = record_of(sv, id);
	uint32_t part = part_of(record);
	bool is_forced = sv->plan.svc[id].state == SVC_KILLING;

	if (!is_well && !is_forced && event == EVENT_HOOK_FAILED)
		log_end(sv, id, REASON_HOOK_FAILED,
			part << 24 | ((uint32_t)arg & 0xffffff));
	else if (!is_well && !is_forced)
		log_end(sv, id, REASON_HOOK_EXITED,
			part << 16 | (event == EVENT_HOOK_LOST
						     ? REASON_UNSEEN
						     : (uint32_t)arg & 0xffff));
	/* Of one whose failure does not matter the plan hears no other. */
	if ((record->hook_what & JOURNAL_MAY_FAIL) != 0)
		plan_event(&sv->plan, id, EVENT_HOOK_EXITED, 0, PLAN_NONE);
	else
		plan_event(&sv->plan, id, event, arg, PLAN_NONE);
}

/* Nothing of it is left: the plan is told, and the pid forgotten after. */
static void
finish(struct supervisor *sv, uint32_t id, enum plan_event event, int32_t arg)
{
	struct service *service = &sv->service[id];
	bool is_well = event == EVENT_HOOK_EXITED && arg == 0;
	bool was_next = service->is_hook_next;

	service->is_hook_next = false;
	if (part_of(record_of(sv, id)) == PART_CHECK)
		check_ended(sv, id, record_of(sv, id)->hook_what & 0xff,
			was_next  ? CHECK_CUT
			: is_well ? CHECK_WELL
				  : CHECK_BAD);
	else if (is_awaited(sv, id) && !was_next)
		tell_plan(sv, id, event, arg, is_well);
	record_forget_hook(sv, id);
	if (was_next)
		begin(sv, id, service->hook_todo);
	act_run(sv);
}

void
hook_failed(struct supervisor *sv, uint32_t id, int32_t error)
{
	finish(sv, id, EVENT_HOOK_FAILED, error);
}

static void
ended(struct supervisor *sv, uint32_t id, int32_t status, bool is_known)
{
	uint32_t end = record_of(sv, id)->hook_end;

	pids_remove(sv, id | PIDS_HOOK);
	sv->children--;
	sv->service[id].is_hook_adopted = false;
	if (end != 0 && (end & JOURNAL_EXITED) == 0)
		finish(sv, id, EVENT_HOOK_FAILED, (int32_t)end);
	else if (is_known)
		finish(sv, id, EVENT_HOOK_EXITED, status);
	else
		finish(sv, id, EVENT_HOOK_LOST, 0);
}

/* A crash finds it before it is reaped; a child's error says it as well. */
static void
note_end(struct supervisor *sv, uint32_t id, int32_t status)
{
	struct journal_record *record = record_of(sv, id);

	if (record->hook_end == 0)
		record->hook_end = JOURNAL_EXITED | (uint32_t)status;
}

void
hook_died(struct supervisor *sv, uint32_t id, int32_t status)
{
	pid_t pid = record_of(sv, id)->hook_pid;
	struct death_usage usage;

	note_end(sv, id, status);
	spawn_has_died(sv, id | PIDS_HOOK);
	/* What it left; while it is not reaped its number is its own. */
	if (sv->plan.svc[id].policy.kill_mode != KILL_PROCESS)
		kill(-pid, SIGKILL);
	death_reap(pid, &usage);
	ended(sv, id, status, true);
}

void
hook_adopted_died(
	struct supervisor *sv, uint32_t id, int32_t status, bool is_known)
{
	if (is_known)
		note_end(sv, id, status);
	watch_end(sv, id | PIDS_HOOK);
	if (sv->plan.svc[id].policy.kill_mode != KILL_PROCESS)
		session_signal(record_of(sv, id)->hook_pid, SIGKILL);
	ended(sv, id, status, is_known);
}

struct journal_record
hook_as_main(const struct journal_record *record)
{
	struct journal_record view = *record;

	view.pid = record->hook_pid;
	view.before_ms = record->hook_before_ms;
	view.after_ms =
		record->hook_took_ms == 0
			? 0
			: record->hook_before_ms + record->hook_took_ms - 1;
	return view;
}

void
hook_adopt(struct supervisor *sv, uint32_t id, const struct journal_record *old,
	bool is_our_child)
{
	struct journal_record *record = record_of(sv, id);

	record->hook_pid = old->hook_pid;
	record->hook_end = old->hook_end;
	record->hook_what = old->hook_what;
	record->hook_took_ms = old->hook_took_ms;
	record->hook_before_ms = old->hook_before_ms;
	/* Its end was taken in, the words were left; or it is a check's. */
	if (!is_awaited(sv, id) && old->hook_end != 0) {
		record->hook_pid = 0;
		record->hook_end = 0;
		return;
	}
	sv->service[id].is_hook_adopted = !is_our_child;
	sv->children++;
	pids_add(sv, id | PIDS_HOOK);
}

static void
judge(struct supervisor *sv, uint32_t id)
{
	const struct journal_record *record = record_of(sv, id);
	struct journal_record view = hook_as_main(record);

	if (record->hook_end != 0)
		hook_adopted_died(sv, id,
			(int32_t)(record->hook_end & ~JOURNAL_EXITED), true);
	else if (!adopt_is_gone(&view)) {
		if (!watch_begin(sv, id | PIDS_HOOK))
			hook_adopted_died(sv, id, 0, false);
		else if (!is_awaited(sv, id))
			hook_signal(sv, id, SIGKILL);
	} else if (!adopt_will_be_told(&view)) {
		hook_adopted_died(sv, id, 0, false);
	}
}

void
hook_judge(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (record_of(sv, id)->hook_pid == 0) {
		/* It was decided on, and never made. */
		if ((s->facts & FACT_HOOK) != 0)
			begin(sv, id, (unsigned)(s->part << 8 | s->command));
	} else if (sv->service[id].is_hook_adopted) {
		judge(sv, id);
	}
}
