#include "supervisor/adopt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/name.h"
#include "supervisor/act.h"
#include "supervisor/forking.h"
#include "supervisor/hook.h"
#include "supervisor/pids.h"
#include "supervisor/procfs.h"
#include "supervisor/ready.h"
#include "supervisor/reap.h"
#include "supervisor/reload.h"
#include "supervisor/salvage.h"
#include "supervisor/supervisor.h"
#include "supervisor/watch.h"

/* PIDFD_SIGNAL_PROCESS_GROUP of Linux 6.9. */
#define PIDFD_GROUP 4u
/* A tick is 10 ms: start times are told in them. */
#define TICKS_PER_SECOND 100u
#define TICK_MS		 (1000u / TICKS_PER_SECOND)
/* For what still runs of a service that was masked or removed. */
#define REMOVED_STOP_MS 10000u

/* How often to look whether an adopted process has exec'd. */
#define LOOK_LEAST_MS 5
#define LOOK_MOST_MS  1000

static bool is_told;	   /* init tells of deaths, before it reaps */
static uint32_t unhatched; /* adopted ones that had not exec'd */
static uint64_t unhatched_from_ms;

/*
 * The process that the record speaks of: its start time lies between the two
 * readings of the clock around its clone. With the second one missing (we
 * died in between) any later time will do: the pid was written by the kernel.
 */
static bool
is_it(const struct journal_record *record, const struct procfs_stat *stat)
{
	uint64_t start = stat->start_ticks * TICK_MS;

	if (start == 0 || stat->state == 'Z' || stat->state == 'X')
		return false;
	if (start + 2 * TICK_MS < record->before_ms)
		return false;
	return record->after_ms == 0 || start <= record->after_ms + 2 * TICK_MS;
}

bool
adopt_is_same_process(const struct journal_record *record)
{
	struct procfs_stat stat;

	if (procfs_stat(record->pid, &stat))
		return is_it(record, &stat);
	/* Without /proc what init has not told of must do, and that it leads a
	 * session as each of ours does. */
	return !procfs_is_there() && is_told &&
	       getsid(record->pid) == record->pid;
}

/* What cannot be looked at, for want of a descriptor or of /proc, may run. */
bool
adopt_is_gone(const struct journal_record *record)
{
	struct procfs_stat stat;

	if (!procfs_stat(record->pid, &stat))
		return kill(record->pid, 0) < 0 && errno == ESRCH;
	return !is_it(record, &stat);
}

int
adopt_open_pidfd(const struct journal_record *record)
{
	int fd = (int)syscall(SYS_pidfd_open, record->pid, 0);

	if (fd >= 0 && !adopt_is_same_process(record)) {
		close(fd);
		errno = adopt_is_gone(record) ? ESRCH : EAGAIN;
		return -1;
	}
	return fd;
}

/* Is it a kernel that does not know the call, or a filter? */
static bool
is_missing(int error)
{
	return error == ENOSYS || error == EPERM;
}

/*
 * Without pidfds. The pid was just found to be the right one, and stays so at
 * least until init, which tells us, has reaped it.
 */
static int
signal_by_pid(const struct journal_record *record, int signal, bool to_group)
{
	if (!adopt_is_same_process(record)) {
		errno = ESRCH;
		return -1;
	}
	if (to_group && kill(-record->pid, signal) == 0)
		return 0;
	return to_group && errno != ESRCH ? -1 : kill(record->pid, signal);
}

int
adopt_signal_record(
	const struct journal_record *record, int signal, bool to_group)
{
	int fd = adopt_open_pidfd(record);
	long result;

	if (fd < 0)
		return is_missing(errno)
			       ? signal_by_pid(record, signal, to_group)
			       : -1;
	result = syscall(SYS_pidfd_send_signal, fd, signal, NULL,
		to_group ? PIDFD_GROUP : 0);
	if (result < 0 && errno == ESRCH && to_group)
		result = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	/* EINVAL: a kernel that cannot signal groups so. A permission that we
	 * do not have kill() lacks as well. */
	if (result < 0 && (is_missing(errno) || (errno == EINVAL && to_group)))
		result = signal_by_pid(record, signal, to_group);
	close(fd);
	return result < 0 ? -1 : 0;
}

int
adopt_signal(struct supervisor *sv, uint32_t id, int signal, bool to_group)
{
	return adopt_signal_record(
		journal_record(&sv->journal, id), signal, to_group);
}

bool
adopt_will_be_told(const struct journal_record *record)
{
	/* A zombie is told of by init; another's pid never will be. */
	return is_told && (procfs_start_ticks(record->pid) == 0 ||
				  procfs_is_dead(record->pid));
}

/* Its definition may be another by now; then that counts, and it is false. */
static bool
restore(struct supervisor *sv, uint32_t id,
	const struct journal_snapshot *snapshot, uint32_t reason_svc)
{
	struct plan_svc *s = &sv->plan.svc[id];

	sv->service[id].is_masked =
		s->state == SVC_MASKED && state_has_process(snapshot->state);
	if (!sv->service[id].is_masked &&
		(s->state == SVC_MASKED || s->state == SVC_INVALID))
		return false;
	s->state = snapshot->state < SVC_STATES ? snapshot->state : SVC_DOWN;
	if (s->state == SVC_MASKED || s->state == SVC_INVALID)
		s->state = SVC_DOWN;
	s->want = snapshot->want < SVC_WANTS ? snapshot->want : WANT_DOWN;
	s->fate = snapshot->fate < PLAN_FATES ? snapshot->fate : FATE_NONE;
	s->part = snapshot->part < PARTS ? snapshot->part : PART_MAIN;
	s->command = snapshot->command;
	s->facts = snapshot->facts;
	/* It is there if its process is, or if it is looked for. */
	if ((s->facts & FACT_SEARCH) == 0)
		s->facts &= (uint8_t)~FACT_MAIN;
	if (s->part == PART_MAIN && s->command >= s->policy.commands)
		s->command = 0;
	s->has_exit = snapshot->has_exit != 0;
	s->failures = snapshot->failures;
	s->limit_used = snapshot->limit_used;
	s->is_pulled = snapshot->is_pulled != 0;
	s->has_been_up = snapshot->has_been_up != 0;
	s->timer = s->policy.is_timed && snapshot->timer < PLAN_TIMERS
			   ? snapshot->timer
			   : TIMER_NONE;
	s->restarts = snapshot->restarts;
	s->starts = snapshot->starts;
	s->exit_status = snapshot->exit_status;
	s->reason = snapshot->reason < REASONS ? snapshot->reason : REASON_NONE;
	s->reason_arg = snapshot->reason_arg;
	s->reason_svc = reason_svc;
	s->limit_from_ms = snapshot->limit_from_ms;
	s->deadline_ms = snapshot->deadline_ms;
	s->since_boot_ms = snapshot->since_boot_ms;
	s->up_ms = snapshot->up_ms;
	sv->service[id].published = s->state;
	if (sv->service[id].is_masked || sv->service[id].is_gone) {
		/* Its stop was under way; how, went with its definition. */
		s->want = WANT_DOWN;
		s->fate = FATE_NONE;
		s->policy.stop_signal = SIGTERM;
		s->policy.stop_timeout_ms = REMOVED_STOP_MS;
	}
	return true;
}

/* Only where this program took the place of another. */
static bool
is_our_child(const struct supervisor *sv, pid_t pid)
{
	siginfo_t info;

	return sv->options.is_upgraded &&
	       waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		       0;
}

/* It may be running: the words of its record go into ours. */
static void
take_process(
	struct supervisor *sv, uint32_t id, const struct journal_record *old)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	record->pid = old->pid;
	record->exit = old->exit;
	record->error = old->error;
	record->is_told = old->is_told;
	record->before_ms = old->before_ms;
	/* Whoever cloned it is dead: it did not begin later than now. */
	record->after_ms =
		old->after_ms != 0 ? old->after_ms : sv->plan.boot_ms;
	sv->service[id].is_adopted = !is_our_child(sv, old->pid);
	sv->plan.svc[id].facts |= FACT_MAIN;
	sv->children++;
	if (sv->service[id].is_adopted)
		sv->adopted++;
	pids_add(sv, id);
}

/*
 * The clone had happened, and nobody had yet written down that it had, nor
 * perhaps that it was wanted.
 */
static void
set_starting(struct supervisor *sv, uint32_t id)
{
	struct plan_svc *s = &sv->plan.svc[id];

	if (s->state == SVC_STARTING || s->state == SVC_STOPPING ||
		s->state == SVC_KILLING)
		return;
	if (s->want == WANT_DOWN && !sv->service[id].is_gone)
		s->want = WANT_UP;
	s->state = SVC_STARTING;
	s->part = PART_MAIN;
	s->starts++;
	s->deadline_ms = s->policy.start_timeout_ms == 0
				 ? 0
				 : sv->plan.now_ms + s->policy.start_timeout_ms;
}

/* What has a process in this state has lost it. */
static void
lost_process(struct supervisor *sv, uint32_t id)
{
	struct plan_svc *s = &sv->plan.svc[id];

	if (!state_has_process(s->state) || s->policy.type == TYPE_TARGET ||
		(s->facts & (FACT_HOOK | FACT_SEARCH)) != 0)
		return;
	if (s->state == SVC_STARTING && !plan_is_leaving(s)) {
		/* It was never made: make it now. */
		s->state = SVC_WAITING;
		s->deadline_ms = 0;
		return;
	}
	plan_event(&sv->plan, id, EVENT_LOST, 0, PLAN_NONE);
}

/* Our own child, over an upgrade: its exec was waited for. What we knew of its
 * readiness went with the program before us. */
static void
look_again_at_child(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (s->state == SVC_STARTING && (s->facts & FACT_MAIN) != 0 &&
		journal_record(&sv->journal, id)->pid != 0)
		ready_begin(sv, id);
}

/* Alive, dead with its status written down, or dead and yet to be told of. */
static void
judge_process(struct supervisor *sv, uint32_t id)
{
	const struct journal_record *record = journal_record(&sv->journal, id);

	if ((record->exit & JOURNAL_EXITED) != 0)
		reap_adopted(
			sv, id, (int32_t)(record->exit & ~JOURNAL_EXITED), 1);
	else if (!adopt_is_gone(record)) {
		if (!watch_begin(sv, id)) {
			reap_adopted(sv, id, 0, 0);
			return;
		}
		if (sv->plan.svc[id].state == SVC_STARTING) {
			sv->service[id].is_unhatched = true;
			unhatched++;
		}
		/* It was to stop, and was perhaps not told so any more. */
		act_stop_adopted(sv, id);
	} else if (!adopt_will_be_told(record)) {
		reap_adopted(sv, id, 0, 0);
	}
}

void
adopt_find_lost(struct supervisor *sv)
{
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used && !sv->service[id].is_adopted &&
			journal_record(&sv->journal, id)->pid == 0)
			lost_process(sv, id);
}

void
adopt_judge(struct supervisor *sv)
{
	/* All are restored: what ended may start again, and pull others. */
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used && sv->service[id].is_adopted)
			judge_process(sv, id);
		else if (sv->plan.svc[id].is_used)
			look_again_at_child(sv, id);
	for (uint32_t id = 0; id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used) {
			hook_judge(sv, id);
			if ((sv->plan.svc[id].facts & FACT_SEARCH) != 0)
				forking_search(sv, id);
		}
	unhatched_from_ms = sv->plan.now_ms;
	adopt_look_at_unhatched(sv);
}

void
adopt_look_at_unhatched(struct supervisor *sv)
{
	uint32_t left = 0;

	for (uint32_t id = 0; unhatched > 0 && id < sv->plan.count; id++) {
		struct service *service = &sv->service[id];
		pid_t pid = journal_record(&sv->journal, id)->pid;

		if (!service->is_unhatched)
			continue;
		service->is_unhatched =
			service->is_adopted &&
			sv->plan.svc[id].state == SVC_STARTING &&
			procfs_is_our_image(pid);
		if (service->is_unhatched)
			left++;
		/* Of its death we are told. */
		else if (service->is_adopted &&
			 sv->plan.svc[id].state == SVC_STARTING &&
			 !procfs_is_dead(pid))
			ready_begin(sv, id);
	}
	unhatched = left;
}

int
adopt_wait_ms(const struct supervisor *sv)
{
	uint64_t age = sv->plan.now_ms - unhatched_from_ms;

	if (unhatched == 0)
		return -1;
	/* One may hang for long: less and less often. */
	if (age < LOOK_LEAST_MS)
		return LOOK_LEAST_MS;
	return age > LOOK_MOST_MS ? LOOK_MOST_MS : (int)age;
}

static uint32_t
find_by_hash(struct supervisor *sv, uint64_t hash)
{
	for (uint32_t id = 0; hash != 0 && id < sv->plan.count; id++)
		if (sv->plan.svc[id].is_used &&
			journal_record(&sv->journal, id)->name == hash)
			return id;
	return PLAN_NONE;
}

/*
 * It was removed, and what it runs had yet to end: that goes on. Nobody knows
 * its name any more, only what the name hashes to.
 */
static uint32_t
add_stray(struct supervisor *sv, const struct journal_record *old)
{
	const struct plan_policy policy = {.commands = 1};
	uint32_t id = 0;

	while (id < sv->plan.count && sv->plan.svc[id].is_used)
		id++;
	if (id == sv->plan.count)
		return PLAN_NONE;
	plan_add(&sv->plan, id, &policy);
	sv->service[id] = (struct service){
		.is_gone = true, .is_unshown = sv->service[id].is_unshown};
	journal_record(&sv->journal, id)->name = old->name;
	sv->strays++;
	return id;
}

static void
leave_alone(const struct journal_record *old, const char *why)
{
	if (old->pid != 0 && adopt_is_same_process(old))
		log_error("process %d is of a service that %s; it is left "
			  "alone",
			(int)old->pid, why);
}

static void
adopt_one(struct supervisor *sv, const struct journal_record *old)
{
	uint32_t id = find_by_hash(sv, old->name);
	bool is_known;

	if (id == PLAN_NONE && old->pid != 0 && adopt_is_same_process(old))
		id = add_stray(sv, old);
	if (id == PLAN_NONE) {
		leave_alone(old, "is no longer defined");
		return;
	}
	if (!restore(sv, id, &old->snapshot[0],
		    find_by_hash(sv, old->snapshot[0].reason_name))) {
		leave_alone(old, "can no longer be started");
		return;
	}
	journal_set_token(&sv->journal, id, old->snapshot[0].token);
	/* Most likely it was that request which began it; if not, nobody waits
	 * for a second answer. */
	if (sv->plan.svc[id].part == PART_RELOAD)
		reload_await(sv, id, old->snapshot[0].token);
	if (plan_is_barred(&sv->plan.svc[id]))
		sv->has_barred = true;
	is_known = old->snapshot[0].pid == old->pid;
	/* Else the plan had taken the death in; the pid was not cleared. */
	if (old->pid != 0 && (is_known || (old->exit & JOURNAL_EXITED) == 0)) {
		take_process(sv, id, old);
		if (!is_known)
			set_starting(sv, id);
	}
	journal_record(&sv->journal, id)->before_ms = old->before_ms;
	if (old->hook_pid != 0)
		hook_adopt(sv, id, old, is_our_child(sv, old->hook_pid));
	plan_look_again(&sv->plan, id);
}

/* Neither snapshot is whole: of the service only its words are known. */
static void
salvage(struct supervisor *sv, const struct journal_record *old)
{
	uint32_t id = find_by_hash(sv, old->name);

	if (id == PLAN_NONE) {
		leave_alone(old, "nobody knows");
		return;
	}
	log_error("%s: its record in the journal is damaged",
		service_name(sv, id));
	salvage_one(sv, id, old->pid);
}

void
adopt_all(struct supervisor *sv, const struct journal_old *old)
{
	struct journal_record record;

	is_told = sv->init_fd >= 0;
	for (uint32_t n = 0; n < journal_old_count(old); n++)
		if (journal_old_record(old, n, &record))
			adopt_one(sv, &record);
		else if (record.name != 0)
			salvage(sv, &record);
}
