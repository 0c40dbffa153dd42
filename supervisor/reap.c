#include "supervisor/reap.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/ask.h"
#include "supervisor/cgroup.h"
#include "supervisor/death.h"
#include "supervisor/drain.h"
#include "supervisor/family.h"
#include "supervisor/hook.h"
#include "supervisor/logger.h"
#include "supervisor/main_pid.h"
#include "supervisor/notify.h"
#include "supervisor/pids.h"
#include "supervisor/record.h"
#include "supervisor/session.h"
#include "supervisor/spawn.h"
#include "supervisor/supervisor.h"
#include "supervisor/watch.h"

/* With more children than this a sweep, linear in them, may wait a little. */
#define MANY_CHILDREN  1000u
#define SWEEP_LATER_MS 10u
/* Deaths in one turn, so that other events have their turn as well. */
#define SWEEP_MOST 1024u
/* Killed members of a crashed service's group are waited for this long. */
#define GROUP_WAIT_MS 1000
#define GROUPS_MAX    64u
#define LOOK_LEAST_MS 5

/* Services whose main has ended and whose group has not. */
static struct {
	uint32_t id;
	uint64_t from_ms;
	bool is_killed;
	bool is_known; /* the status of its main */
} groups[GROUPS_MAX];
static uint32_t group_count;

/*
 * Whether a living child of ours is in that group. (A dead leader does not
 * count: only stopped or continued children are asked for, so a zombie is no
 * match, while any living one is a possible later match.)
 */
static bool
is_own_group_alive(pid_t group)
{
	siginfo_t info;

	return waitid(P_PGID, (id_t)group, &info,
		       WSTOPPED | WNOHANG | WNOWAIT) == 0;
}

static bool
is_group_alive(struct supervisor *sv, uint32_t id, pid_t group)
{
	if (sv->plan.svc[id].policy.kill_mode == KILL_ALL)
		return cgroup_is_populated(sv, id) ||
		       family_signal(sv, id, 0) > 0;
	return sv->service[id].is_adopted ? session_signal(group, 0) > 0
					  : is_own_group_alive(group);
}

static int
signal_group(struct supervisor *sv, uint32_t id, pid_t group, int signal)
{
	if (sv->plan.svc[id].policy.kill_mode == KILL_ALL) {
		family_signal(sv, id, signal);
		return 0;
	}
	if (!sv->service[id].is_adopted)
		return kill(-group, signal);
	if (session_signal(group, signal) > 0)
		return 0;
	errno = ESRCH;
	return -1;
}

int
reap_signal_group(struct supervisor *sv, uint32_t id, int signal)
{
	pid_t group = journal_record(&sv->journal, id)->pid;

	/* A member that we have yet to reap keeps the number ours. */
	if (!is_group_alive(sv, id, group)) {
		errno = ESRCH;
		return -1;
	}
	return signal_group(sv, id, group, signal);
}

/* Nothing of it is left: the plan is told, and the pid forgotten after. */
static void
finish(struct supervisor *sv, uint32_t id, int32_t status, bool is_known)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	if (sv->service[id].is_adopted)
		watch_end(sv, id);
	pids_remove(sv, id);
	sv->children--;
	sv->service[id].is_adopted = false;
	sv->service[id].is_grouped = false;
	if (record->error != 0)
		plan_event(&sv->plan, id, EVENT_SPAWN_FAILED,
			(int32_t)record->error, PLAN_NONE);
	else if (is_known)
		plan_event(&sv->plan, id, EVENT_EXITED, status, PLAN_NONE);
	else
		plan_event(&sv->plan, id, EVENT_LOST, 0, PLAN_NONE);
	record_forget_process(sv, id);
	act_run(sv);
}

static bool
is_on_its_way_down(const struct supervisor *sv, uint32_t id)
{
	return sv->plan.svc[id].state == SVC_STOPPING ||
	       sv->plan.svc[id].state == SVC_KILLING;
}

/* What it has left behind is to stay. */
static bool
is_launcher(
	const struct supervisor *sv, uint32_t id, int32_t status, bool is_known)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	return s->runs_as == TYPE_FORKING && is_known && status == 0 &&
	       (s->facts & FACT_FOUND) == 0;
}

/*
 * The rest of its group: after a stop it has got the signal as well and has
 * until the stop timeout; after a crash it must not be in the next one's way.
 * True: wait for it.
 */
static bool
has_group(struct supervisor *sv, uint32_t id, pid_t pid, int32_t status,
	bool is_known)
{
	unsigned mode = sv->plan.svc[id].policy.kill_mode;

	if (mode == KILL_PROCESS || is_launcher(sv, id, status, is_known))
		return false;
	/* While it is grouped its pid is that of no process of its own. */
	sv->service[id].is_grouped = true;
	if (!is_group_alive(sv, id, pid)) {
		sv->service[id].is_grouped = false;
		return false;
	}
	if (group_count == GROUPS_MAX) {
		signal_group(sv, id, pid, SIGKILL);
		sv->service[id].is_grouped = false;
		return false;
	}
	groups[group_count].id = id;
	groups[group_count].from_ms = sv->plan.now_ms;
	groups[group_count].is_killed =
		!is_on_its_way_down(sv, id) || mode == KILL_MIXED;
	groups[group_count].is_known = is_known;
	if (groups[group_count].is_killed)
		signal_group(sv, id, pid, SIGKILL);
	group_count++;
	sv->service[id].group_status = status;
	return true;
}

/*
 * What was asked to end before its command had begun got KILL, as it takes no
 * other. Nobody outside is to know: it has ended of what it was asked with.
 */
static int32_t
as_asked(struct supervisor *sv, uint32_t id, int32_t status)
{
	bool is_cut_short = sv->service[id].is_cut_short;

	sv->service[id].is_cut_short = false;
	return is_cut_short && status == SIGKILL
		       ? (int32_t)sv->plan.svc[id].policy.stop_signal
		       : status;
}

static void
main_died(struct supervisor *sv, uint32_t id, pid_t pid, int32_t status)
{
	struct death_usage usage;
	bool waits;

	status = as_asked(sv, id, status);
	/* It may have been started in this very turn: a death that the next
	 * supervisor finds must be of a process that the plan knows of. */
	record_process(sv, id);
	journal_record(&sv->journal, id)->exit =
		JOURNAL_EXITED | (uint32_t)status;
	spawn_has_died(sv, id);
	waits = has_group(sv, id, pid, status, true);
	death_reap(pid, &usage);
	death_tell(sv, id, true, status, &usage);
	if (!waits)
		finish(sv, id, status, true);
}

static int32_t
status_of(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (info->si_status & 0xff) << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

/* One dead child, seen but not reaped. */
static void
died(struct supervisor *sv, const siginfo_t *seen)
{
	siginfo_t info;
	uint32_t id;

	/* What it said comes before its end. */
	notify_before_death(sv, seen->si_pid);
	id = pids_find(sv, seen->si_pid);
	if (id != PLAN_NONE && (id & PIDS_HOOK) != 0) {
		hook_died(sv, id & PIDS_ID, status_of(seen));
		return;
	}
	if (id == PLAN_NONE ||
		(sv->service[id].is_adopted &&
			!main_pid_is_child_now(sv, id)) ||
		sv->service[id].is_grouped) {
		/* An orphan that fell to us, perhaps of a waiting group. */
		if (ask_died(sv, seen->si_pid, status_of(seen)))
			return;
		if (drain_died(sv, seen->si_pid, status_of(seen)))
			return;
		logger_died(sv, seen->si_pid, status_of(seen));
		waitid(P_PID, (id_t)seen->si_pid, &info, WEXITED | WNOHANG);
		if (group_count > 0)
			reap_look_at_groups(sv);
		return;
	}
	main_died(sv, id, seen->si_pid, status_of(seen));
}

void
reap_pid(struct supervisor *sv, pid_t pid)
{
	siginfo_t info = {0};

	if (pid > 0 &&
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
			0 &&
		info.si_pid != 0)
		died(sv, &info);
}

void
reap_all(struct supervisor *sv)
{
	uint32_t left = SWEEP_MOST;

	if (sv->children > MANY_CHILDREN) {
		if (sv->sweep_ms == 0)
			sv->sweep_ms = sv->plan.now_ms + SWEEP_LATER_MS;
		if (sv->plan.now_ms < sv->sweep_ms)
			return;
	}
	sv->sweep_ms = 0;
	while (left-- > 0) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
			info.si_pid == 0) {
			sv->has_dead_children = false;
			return;
		}
		died(sv, &info);
	}
}

void
reap_adopted(struct supervisor *sv, uint32_t id, int32_t status, int is_known)
{
	if (is_known)
		journal_record(&sv->journal, id)->exit =
			JOURNAL_EXITED | (uint32_t)status;
	spawn_has_died(sv, id);
	watch_end(sv, id);
	death_tell(sv, id, is_known != 0, status, NULL);
	if (!has_group(sv, id, journal_record(&sv->journal, id)->pid, status,
		    is_known != 0))
		finish(sv, id, status, is_known != 0);
}

void
reap_look_at_groups(struct supervisor *sv)
{
	for (uint32_t i = 0; i < group_count;) {
		uint32_t id = groups[i].id;
		pid_t pid = journal_record(&sv->journal, id)->pid;
		bool is_known;
		bool is_over =
			groups[i].is_killed &&
			sv->plan.now_ms - groups[i].from_ms >= GROUP_WAIT_MS;

		if (!is_over && is_group_alive(sv, id, pid)) {
			/* They may have forked while they were looked for. */
			if (groups[i].is_killed &&
				sv->plan.svc[id].policy.kill_mode == KILL_ALL)
				family_signal(sv, id, SIGKILL);
			i++;
			continue;
		}
		if (is_over)
			log_warn("%s: some of its processes do not die of "
				 "SIGKILL; going on without them",
				service_name(sv, id));
		is_known = groups[i].is_known;
		groups[i] = groups[--group_count];
		finish(sv, id, sv->service[id].group_status, is_known);
	}
}

/* Nobody tells of the end of an adopted one's: less and less often. */
static int
group_wait_ms(const struct supervisor *sv, unsigned i)
{
	uint64_t age = sv->plan.now_ms - groups[i].from_ms;

	if (cgroup_is_watched(groups[i].id) ||
		(!sv->service[groups[i].id].is_adopted &&
			sv->plan.svc[groups[i].id].policy.kill_mode !=
				KILL_ALL))
		return groups[i].is_killed ? GROUP_WAIT_MS : -1;
	if (age < LOOK_LEAST_MS)
		return LOOK_LEAST_MS;
	return age < GROUP_WAIT_MS ? (int)age : GROUP_WAIT_MS;
}

int
reap_wait_ms(const struct supervisor *sv)
{
	int least = -1;

	if (sv->has_dead_children && sv->sweep_ms == 0)
		return 0;
	if (sv->sweep_ms != 0)
		least = sv->sweep_ms <= sv->plan.now_ms
				? 0
				: (int)(sv->sweep_ms - sv->plan.now_ms);
	for (uint32_t i = 0; i < group_count; i++) {
		int wait = group_wait_ms(sv, i);

		if (wait >= 0 && (least < 0 || least > wait))
			least = wait;
	}
	return least;
}
