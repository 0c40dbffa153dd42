#include "supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/birth.h"
#include "supervisor/cgroup.h"
#include "supervisor/child.h"
#include "supervisor/hook.h"
#include "supervisor/loop.h"
#include "supervisor/outputs.h"
#include "supervisor/pids.h"
#include "supervisor/pipes.h"
#include "supervisor/raw.h"
#include "supervisor/ready.h"
#include "supervisor/record.h"
#include "supervisor/slots.h"
#include "supervisor/spawn_build.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"

#define FORK_STACK 65536
/* Spawns in one turn, so that other events have their turn as well. */
#define BATCH 64
/* So many children at a time start a burst soonest. */
#define YOUNG_MOST 16
/* How long to wait for one of them. */
#define EXEC_WAIT_NS 2000000
/* A child that has not exec'd by then hangs in open or exec: no more of them.
 */
#define HANGS_MS     20
#define POLL_MOST_MS 1000

/* False: each child gets memory of its own, at the price of a fork. */
static bool is_sharing = RAW_IS_CLEAN;
static uint32_t *pending;
static uint32_t pendings;

static char fork_stack[FORK_STACK] __attribute__((aligned(16)));

/* The C library's entry to clone(2), which its own fork uses. It returns
 * -errno (musl) or -1 and sets errno (glibc). */
int __clone(int (*run)(void *), void *stack, int flags, void *arg, ...);

/* The errno of what it returned, if it was EPERM before the call. */
static int
clone_error(int result)
{
	return result == -1 ? errno : -result;
}

int
spawn_open(struct supervisor *sv)
{
	pending = mmap(NULL, 2 * SERVICES_MAX * sizeof(*pending),
		PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pending == MAP_FAILED)
		return -1;
	sv->exec_fd = -1;
	if (sv->runtime_fd < 0)
		return 0;
	unlinkat(sv->runtime_fd, CHILD_EXEC_FIFO, 0);
	if (mkfifoat(sv->runtime_fd, CHILD_EXEC_FIFO, 0600) == 0)
		sv->exec_fd = openat(sv->runtime_fd, CHILD_EXEC_FIFO,
			O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	/* Without it execs are found by looking: no reason to give up. */
	if (sv->exec_fd >= 0)
		return loop_add_edge(sv, sv->exec_fd, LOOP_EXEC);
	return 0;
}

void
spawn_forget_fifo(struct supervisor *sv)
{
	if (sv->exec_fd >= 0)
		close(sv->exec_fd);
	sv->exec_fd = -1;
}

static bool
is_young(const struct supervisor *sv, uint64_t from_ms)
{
	return sv->plan.now_ms - from_ms < HANGS_MS;
}

/* What has not exec'd yet and does not hang. */
struct young {
	unsigned count;
	struct slot *oldest; /* of those with a slot */
	uint64_t from_ms;    /* the oldest of all */
};

static struct young
find_young(const struct supervisor *sv)
{
	struct young young = {.from_ms = UINT64_MAX};
	struct slot *slot;
	struct pipe *pipe;

	for (unsigned i = 0; (slot = slots_next(&i)) != NULL;) {
		if (!is_young(sv, slot->from_ms))
			continue;
		young.count++;
		if (slot->from_ms < young.from_ms) {
			young.oldest = slot;
			young.from_ms = slot->from_ms;
		}
	}
	for (unsigned i = 0; (pipe = pipes_next(&i)) != NULL;) {
		if (!is_young(sv, pipe->from_ms))
			continue;
		young.count++;
		if (pipe->from_ms < young.from_ms)
			young.from_ms = pipe->from_ms;
	}
	return young;
}

/* NULL: what starts next has to wait. It may need a pipe as well. */
static struct slot *
free_slot(const struct supervisor *sv)
{
	if (find_young(sv).count >= YOUNG_MOST || !pipes_free())
		return NULL;
	return slots_free();
}

static void
prepare(struct supervisor *sv, struct slot *slot, uint32_t who)
{
	slot->child = (struct child_context){.spec = &slot->spec,
		.error = birth_prepare(sv, who),
		.runtime_fd = sv->runtime_fd,
		.log_fd = sv->log_fd,
		.null_fd = sv->null_fd,
		.pipe_fd = sv->pipe_fd,
		.nofile = sv->nofile[1] != 0 ? sv->nofile : NULL,
		.tells_exec = birth_tells_exec(sv, who)};
}

/* The child reads files: it has its own memory and builds its own spec. */
struct forked {
	struct supervisor *sv;
	struct slot *slot;
	uint32_t who;
};

static int
run_forked(void *arg)
{
	struct forked *f = arg;
	int32_t error = 0;
	uint32_t id = f->who & PIDS_ID;
	enum spec_result result =
		spawn_build(f->sv, id, birth_command(f->sv, f->who), true,
			&f->slot->spec, &f->slot->memory, &error);

	if (result == SPEC_OK) {
		cgroup_join(f->sv, id);
		birth_may_fail(f->sv, f->who, &f->slot->spec);
		f->slot->child.tells_exec = false;
		outputs_give(f->sv, &f->slot->spec);
		child_run(&f->slot->child);
	}
	*f->slot->child.error = (uint32_t)error;
	raw1(SYS_exit_group, 127);
	return 127;
}

/* 0, or an errno. */
static int
start_forked(struct supervisor *sv, struct slot *slot, uint32_t who)
{
	struct forked f = {.sv = sv, .slot = slot, .who = who};
	int32_t *word = pids_word(sv, who);
	int ends[2];
	struct pipe *pipe = pipes_free();
	int error = 0;
	int pid;

	if (!pipe)
		return EAGAIN;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	prepare(sv, slot, who);
	errno = EPERM;
	pid = __clone(run_forked, fork_stack + FORK_STACK,
		CLONE_PARENT_SETTID | SIGCHLD, &f, word);
	if (pid < 0) {
		error = clone_error(pid);
		close(ends[0]);
		*word = 0;
	} else {
		/* What emulates a kernel may write it a little later. */
		*word = pid;
		birth_done(sv, who);
		pipes_take(pipe, ends[0], who, sv->plan.now_ms);
		if (loop_add(sv, ends[0], LOOP_PIPE | pipes_word(pipe)) < 0)
			log_warn("%s: %m; not told when it has exec'd",
				service_name(sv, who & PIDS_ID));
	}
	close(ends[1]);
	return error;
}

static int
start_shared(struct supervisor *sv, struct slot *slot, uint32_t who)
{
	int32_t *word = pids_word(sv, who);
	int pid;

	prepare(sv, slot, who);
	slot->child.shares_memory = true;
	slot->child.shares_files = sv->can_share_files;
	slots_take(slot, who, sv->plan.now_ms);
	errno = EPERM;
	/* Signals stay blocked: a handler run there would be run on us. */
	pid = __clone(child_run, slots_stack(slot),
		CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
			SIGCHLD | (sv->can_share_files ? CLONE_FILES : 0),
		&slot->child, word, NULL, &slot->is_busy);
	if (pid < 0) {
		*word = 0;
		slots_release(slot);
		return clone_error(pid);
	}
	birth_done(sv, who);
	return 0;
}

static void
failed(struct supervisor *sv, uint32_t who, int32_t error)
{
	uint32_t id = who & PIDS_ID;

	if ((who & PIDS_HOOK) != 0)
		hook_failed(sv, id, error);
	else
		plan_event(&sv->plan, id, EVENT_SPAWN_FAILED, error, PLAN_NONE);
}

static void
spawn_now(struct supervisor *sv, uint32_t who, struct slot *slot)
{
	uint32_t id = who & PIDS_ID;
	int32_t error = 0;
	int result = 0;
	enum spec_result built;

	slot->memory = slots_arena(slot);
	built = spawn_build(sv, id, birth_command(sv, who), false, &slot->spec,
		&slot->memory, &error);
	if (built != SPEC_OK && built != SPEC_BLOCKING) {
		birth_may_fail(sv, who, &slot->spec);
		spawn_memory_free(&slot->memory);
		failed(sv, who, error);
		return;
	}
	outputs_prepare(sv, id, &slot->spec);
	if ((who & PIDS_HOOK) == 0)
		ready_prepare(sv, id, &slot->spec);
	if (built == SPEC_OK && is_sharing) {
		birth_may_fail(sv, who, &slot->spec);
		result = start_shared(sv, slot, who);
		if (result == 0)
			return;
		/* So says qemu-user, whose processes cannot share memory. */
		if (result == EINVAL)
			is_sharing = false;
	}
	spawn_memory_free(&slot->memory);
	if (built == SPEC_BLOCKING || !is_sharing)
		result = start_forked(sv, slot, who);
	if (result != 0) {
		log_warn("%s: no process: %s", service_name(sv, id),
			strerror(result));
		failed(sv, who, (int32_t)STEP_EXEC << 16 | result);
	}
}

static bool *
pending_flag(struct supervisor *sv, uint32_t who)
{
	struct service *service = &sv->service[who & PIDS_ID];

	return (who & PIDS_HOOK) != 0 ? &service->is_hook_pending
				      : &service->is_pending;
}

void
spawn_start(struct supervisor *sv, uint32_t who)
{
	struct slot *slot = pendings == 0 ? free_slot(sv) : NULL;

	if (slot) {
		spawn_now(sv, who, slot);
		return;
	}
	*pending_flag(sv, who) = true;
	pending[pendings++] = who;
}

bool
spawn_cancel(struct supervisor *sv, uint32_t who)
{
	if (!*pending_flag(sv, who))
		return false;
	*pending_flag(sv, who) = false;
	for (uint32_t i = 0; i < pendings; i++)
		if (pending[i] == who) {
			memmove(&pending[i], &pending[i + 1],
				(pendings - i - 1) * sizeof(*pending));
			pendings--;
			break;
		}
	return true;
}

/* It has its own memory now: by exec, or because it died. */
static void
arrived(struct supervisor *sv, uint32_t who)
{
	if ((who & PIDS_HOOK) == 0 &&
		journal_record(&sv->journal, who)->error == 0 &&
		sv->plan.svc[who].runs_as != TYPE_FORKING)
		ready_begin(sv, who);
}

static void
collect_slots(struct supervisor *sv)
{
	struct slot *slot;

	for (unsigned i = 0; (slot = slots_next(&i)) != NULL;)
		if (slot->is_busy == 0) {
			slots_release(slot);
			arrived(sv, slot->svc);
			act_run(sv);
		}
}

static bool
wait_for_exec(const struct supervisor *sv)
{
	struct slot *slot = !pipes_free() ? NULL : find_young(sv).oldest;

	if (!slot)
		return false;
	if (slot->is_busy != 0)
		futex_wait(&slot->is_busy, 1, UINT32_MAX, EXEC_WAIT_NS);
	return slot->is_busy == 0;
}

static void
start_pending(struct supervisor *sv)
{
	unsigned started = 0;

	while (pendings > 0 && started < BATCH) {
		struct slot *slot = free_slot(sv);
		uint32_t who = pending[0];

		if (!slot) {
			if (!wait_for_exec(sv))
				return;
			collect_slots(sv);
			continue;
		}
		/* From the front: they were asked for in this order. */
		spawn_cancel(sv, who);
		spawn_now(sv, who, slot);
		/* That it starts is on the page, without a process. */
		record_show_later(sv, who & PIDS_ID);
		act_run(sv);
		started++;
	}
}

void
spawn_collect(struct supervisor *sv)
{
	collect_slots(sv);
	start_pending(sv);
	if (pendings == 0 && find_young(sv).count == 0)
		slots_give_back(sv);
}

static void
finish_pipe(struct supervisor *sv, struct pipe *pipe)
{
	loop_remove(sv, pipe->fd);
	pipes_close(pipe);
	arrived(sv, pipe->svc);
}

void
spawn_pipe_closed(struct supervisor *sv, unsigned which)
{
	struct pipe *pipe = pipes_find(which);

	if (pipe)
		finish_pipe(sv, pipe);
}

void
spawn_has_died(struct supervisor *sv, uint32_t who)
{
	struct slot *slot;
	struct pipe *pipe;

	for (unsigned i = 0; (slot = slots_next(&i)) != NULL;)
		if (slot->svc == who && slot->is_busy == 0) {
			slots_release(slot);
			arrived(sv, who);
		}
	for (unsigned i = 0; (pipe = pipes_next(&i)) != NULL;)
		if (pipe->svc == who)
			finish_pipe(sv, pipe);
}

bool
spawn_is_under_way(const struct supervisor *sv, uint32_t who)
{
	const struct slot *slot;
	const struct pipe *pipe;

	(void)sv;
	for (unsigned i = 0; (slot = slots_next(&i)) != NULL;)
		if (slot->svc == who)
			return slot->is_busy != 0;
	for (unsigned i = 0; (pipe = pipes_next(&i)) != NULL;)
		if (pipe->svc == who)
			return true;
	return false;
}

bool
spawn_is_any_under_way(const struct supervisor *sv)
{
	unsigned slot = 0;
	unsigned pipe = 0;

	(void)sv;
	return pendings > 0 || slots_next(&slot) || pipes_next(&pipe);
}

/*
 * The FIFO tells when the last of all has exec'd. One that hangs keeps it from
 * telling of the others, which are then looked for: soon at first, and less
 * and less often. -1: there are none.
 */
static int
look_again_ms(const struct supervisor *sv)
{
	const struct slot *slot;
	uint64_t youngest_ms = 0;
	uint64_t age;
	bool is_told = sv->exec_fd >= 0;

	for (unsigned i = 0; (slot = slots_next(&i)) != NULL;) {
		is_told = is_told && is_young(sv, slot->from_ms);
		if (slot->from_ms > youngest_ms)
			youngest_ms = slot->from_ms;
	}
	if (youngest_ms == 0)
		return -1;
	age = sv->plan.now_ms - youngest_ms;
	if (age < (is_told ? HANGS_MS : 1))
		return is_told ? HANGS_MS : 1;
	return age > POLL_MOST_MS ? POLL_MOST_MS : (int)age;
}

int
spawn_wait_ms(const struct supervisor *sv)
{
	int wait = look_again_ms(sv);
	struct young young = find_young(sv);
	int until_old;

	/* The end of a pipe is an event. */
	if (pendings == 0 || !pipes_free())
		return wait;
	if (young.oldest || free_slot(sv))
		return 0;
	if (young.count == 0)
		return wait;
	until_old = (int)(young.from_ms + HANGS_MS - sv->plan.now_ms);
	return wait < 0 || until_old < wait ? until_old : wait;
}
