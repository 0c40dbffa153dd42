#include "supervisor/act.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/def.h"
#include "lib/log.h"
#include "supervisor/adopt.h"
#include "supervisor/family.h"
#include "supervisor/forking.h"
#include "supervisor/ask.h"
#include "supervisor/essential.h"
#include "supervisor/hook.h"
#include "supervisor/procfs.h"
#include "supervisor/reap.h"
#include "supervisor/record.h"
#include "supervisor/reload.h"
#include "supervisor/spawn.h"
#include "supervisor/supervisor.h"

/* How deep act_run() may call itself. */
#define NESTED 2u

/*
 * A child that has not called setsid() yet has no group of its own: then the
 * signal goes to it alone, and waits until it empties its mask.
 */
static int
signal_group(pid_t pid, int signal)
{
	pid_t group;

	if (kill(-pid, signal) == 0)
		return 0;
	if (errno != ESRCH)
		return -1;
	/* What a forking one left may be in the group that it began in. */
	group = getpgid(pid);
	if (group > 1 && group != getpgrp() && kill(-group, signal) == 0)
		return 0;
	return kill(pid, signal);
}

static bool
is_to_group(const struct supervisor *sv, uint32_t id, int signal)
{
	unsigned mode = sv->plan.svc[id].policy.kill_mode;

	return mode == KILL_GROUP || mode == KILL_ALL ||
	       (mode == KILL_MIXED && signal == SIGKILL);
}

int
act_signal_main(struct supervisor *sv, uint32_t id, int signal)
{
	pid_t pid = journal_record(&sv->journal, id)->pid;

	if (pid <= 0 || sv->service[id].is_grouped) {
		errno = ESRCH;
		return -1;
	}
	if (sv->service[id].is_adopted)
		return adopt_signal(sv, id, signal, false);
	return kill(pid, signal);
}

int
act_signal(struct supervisor *sv, uint32_t id, int signal)
{
	pid_t pid = journal_record(&sv->journal, id)->pid;

	if (pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	if (sv->service[id].is_grouped)
		return reap_signal_group(sv, id, signal);
	if (sv->service[id].is_adopted)
		return adopt_signal(
			sv, id, signal, is_to_group(sv, id, signal));
	return is_to_group(sv, id, signal) ? signal_group(pid, signal)
					   : kill(pid, signal);
}

static void
tell_to_end(struct supervisor *sv, uint32_t id, int signal)
{
	/* Of a forking one nobody knows the main process yet. */
	if (sv->plan.svc[id].policy.kill_mode == KILL_ALL ||
		(sv->plan.svc[id].facts & FACT_SEARCH) != 0)
		family_signal(sv, id, signal);
	if (act_signal(sv, id, signal) < 0 && errno != ESRCH)
		log_error("%s: signal %d could not be sent: %m",
			service_name(sv, id), signal);
	/* What is stopped cannot act on it. */
	if (signal != SIGKILL)
		act_signal(sv, id, SIGCONT);
	journal_record(&sv->journal, id)->is_told = 1;
}

void
act_stop_adopted(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	const struct journal_record *record = journal_record(&sv->journal, id);

	if (s->state == SVC_KILLING)
		tell_to_end(sv, id, SIGKILL);
	else if (s->state == SVC_STOPPING && s->part == PART_MAIN &&
		 record->is_told == 0)
		tell_to_end(sv, id,
			procfs_is_our_image(record->pid)
				? SIGKILL
				: s->policy.stop_signal);
}

static void
stop(struct supervisor *sv, uint32_t id, int signal)
{
	if (spawn_cancel(sv, id)) {
		plan_event(&sv->plan, id, EVENT_SPAWN_FAILED, ECANCELED,
			PLAN_NONE);
		return;
	}
	/* It may hang in open or exec, and can take no signal but one. */
	if (signal != SIGKILL && spawn_is_under_way(sv, id)) {
		signal = SIGKILL;
		sv->service[id].is_cut_short = true;
	}
	tell_to_end(sv, id, signal);
}

static void
act(struct supervisor *sv, const struct plan_action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
		spawn_start(sv, action->svc);
		break;
	case ACTION_SEARCH:
		forking_search(sv, action->svc);
		break;
	case ACTION_HOOK:
		hook_start(sv, action->svc, (unsigned)action->arg);
		break;
	case ACTION_HOOK_SIGNAL:
		hook_signal(sv, action->svc, action->arg);
		break;
	case ACTION_RELOADED:
		reload_ended(sv, action->svc, action->arg == 0);
		break;
	case ACTION_SIGNAL:
		stop(sv, action->svc, action->arg);
		break;
	case ACTION_ASK:
		ask_begin(sv, action->svc, (unsigned)action->arg);
		break;
	case ACTION_BUG:
		log_error("%s: BUG: event %d in state %s; the state is kept",
			service_name(sv, action->svc), action->arg,
			state_name(sv->plan.svc[action->svc].state));
		break;
	}
}

void
act_run(struct supervisor *sv)
{
	/* Not on the stack: each is 3 KiB. What an action brings about at once
	 * is done within it, but what comes of that in its turn. */
	static struct plan_action todo[NESTED][PLAN_ACTIONS];
	static unsigned depth;

	if (depth == NESTED)
		return;
	depth++;
	for (;;) {
		bool has_more = plan_settle(&sv->plan);
		uint32_t count = sv->plan.actions;

		if (sv->plan.ended != PLAN_NONE)
			essential_ended(sv);
		if (count == 0 && !has_more && sv->plan.queue_head == PLAN_NONE)
			break;
		/* Before it is done: a crash finds what was decided. */
		record_decisions(sv);
		memcpy(todo[depth - 1], sv->plan.action,
			count * sizeof(todo[0][0]));
		sv->plan.actions = 0;
		for (uint32_t i = 0; i < count; i++)
			act(sv, &todo[depth - 1][i]);
	}
	depth--;
}
