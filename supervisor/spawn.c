#include "supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/def.h"
#include "lib/futex.h"
#include "lib/loaded.h"
#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/child.h"
#include "supervisor/loop.h"
#include "supervisor/pids.h"
#include "supervisor/raw.h"
#include "supervisor/spawn_build.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"

#define SLOTS	    16
#define STACK_BYTES 4096
#define ARENA_BYTES 8192
#define FORK_STACK  65536
#define PIPES	    32
/* Which pipe an event is of: its number within what loop.h leaves of a word,
 * so that one closed and taken again in the same turn is another. */
#define PIPE_NUMBERS (LOOP_KIND_FIRST / PIPES)
/* Spawns in one turn, so that other events have their turn as well. */
#define BATCH 64
/* How long to wait for a slot while others wait for it. */
#define SLOT_WAIT_NS 2000000
/* A child that has not exec'd by then hangs in open or exec. */
#define HANGS_MS     20
#define POLL_MOST_MS 1000

struct slot {
	volatile int32_t is_busy; /* the kernel clears it at exec or exit */
	bool is_taken;
	uint32_t svc;
	uint64_t from_ms;
	struct spec spec;
	struct child_context child;
	struct spawn_memory memory;
};

struct pipe {
	int fd; /* 0: free (0 is never ours) */
	uint32_t svc;
	uint32_t number; /* of its use, from 0 */
};

static struct slot slots[SLOTS];
static struct pipe pipes[PIPES];
static unsigned slots_used; /* since their memory was given back */
/* False: each child gets memory of its own, at the price of a fork. */
static bool is_sharing = RAW_IS_CLEAN;
static uint32_t *pending;
static uint32_t pendings;

static char memory[SLOTS][STACK_BYTES + ARENA_BYTES]
	__attribute__((aligned(4096)));
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
	pending = mmap(NULL, SERVICES_MAX * sizeof(*pending),
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

static struct slot *
free_slot(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (!slots[i].is_taken) {
			if (i >= slots_used)
				slots_used = i + 1;
			return &slots[i];
		}
	return NULL;
}

static int
free_pipe(void)
{
	for (int i = 0; i < PIPES; i++)
		if (pipes[i].fd == 0)
			return i;
	return -1;
}

static void
release(struct slot *slot)
{
	spawn_memory_free(&slot->memory);
	slot->is_taken = false;
}

static void
prepare(struct supervisor *sv, struct slot *slot, uint32_t id)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	slot->child.spec = &slot->spec;
	slot->child.error = &record->error;
	slot->child.runtime_fd = sv->runtime_fd;
	slot->child.log_fd = sv->log_fd;
	slot->child.null_fd = sv->null_fd;
	slot->child.tells_exec = sv->exec_fd >= 0;
	record->exit = 0;
	record->error = 0;
	record->after_ms = 0;
	record->before_ms = clock_boot_ms();
}

static void
born(struct supervisor *sv, uint32_t id)
{
	journal_record(&sv->journal, id)->after_ms = clock_boot_ms();
	sv->service[id].is_adopted = false;
	sv->children++;
	pids_add(sv, id);
}

/* The child reads files: it has its own memory and builds its own spec. */
struct forked {
	struct supervisor *sv;
	struct slot *slot;
	uint32_t id;
	unsigned command;
};

static int
run_forked(void *arg)
{
	struct forked *f = arg;
	int32_t error = 0;
	enum spec_result result = spawn_build(f->sv, f->id, f->command, true,
		&f->slot->spec, &f->slot->memory, &error);

	if (result == SPEC_OK) {
		f->slot->child.tells_exec = false;
		child_run(&f->slot->child);
	}
	*f->slot->child.error = (uint32_t)error;
	raw1(SYS_exit_group, 127);
	return 127;
}

/* 0, or an errno. */
static int
start_forked(
	struct supervisor *sv, struct slot *slot, uint32_t id, unsigned command)
{
	struct forked f = {
		.sv = sv, .slot = slot, .id = id, .command = command};
	struct journal_record *record = journal_record(&sv->journal, id);
	int ends[2];
	int which = free_pipe();
	int error = 0;
	int pid;

	if (which < 0)
		return EAGAIN;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	prepare(sv, slot, id);
	errno = EPERM;
	pid = __clone(run_forked, fork_stack + FORK_STACK,
		CLONE_PARENT_SETTID | SIGCHLD, &f, &record->pid);
	if (pid < 0) {
		error = clone_error(pid);
		close(ends[0]);
		record->pid = 0;
	} else {
		/* What emulates a kernel may write it a little later. */
		record->pid = pid;
		born(sv, id);
		pipes[which].fd = ends[0];
		pipes[which].svc = id;
		if (loop_add(sv, ends[0],
			    LOOP_PIPE | pipes[which].number * PIPES |
				    (uint32_t)which) < 0)
			log_warn("%s: %m; not told when it has exec'd",
				service_name(sv, id));
	}
	close(ends[1]);
	return error;
}

static int
start_shared(struct supervisor *sv, struct slot *slot, uint32_t id)
{
	struct journal_record *record = journal_record(&sv->journal, id);
	char *stack = memory[slot - slots] + STACK_BYTES;
	int pid;

	prepare(sv, slot, id);
	slot->is_busy = 1;
	slot->is_taken = true;
	slot->svc = id;
	slot->from_ms = sv->plan.now_ms;
	errno = EPERM;
	/* Signals stay blocked: a handler run there would be run on us. */
	pid = __clone(child_run, stack,
		CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
		&slot->child, &record->pid, NULL, &slot->is_busy);
	if (pid < 0) {
		record->pid = 0;
		slot->is_taken = false;
		return clone_error(pid);
	}
	born(sv, id);
	return 0;
}

static void
failed(struct supervisor *sv, uint32_t id, int32_t error)
{
	plan_event(&sv->plan, id, EVENT_SPAWN_FAILED, error, PLAN_NONE);
}

static void
spawn_now(
	struct supervisor *sv, uint32_t id, unsigned command, struct slot *slot)
{
	int32_t error = 0;
	int result = 0;
	enum spec_result built;

	slot->memory = (struct spawn_memory){
		.base = memory[slot - slots] + STACK_BYTES, .cap = ARENA_BYTES};
	built = is_sharing ? spawn_build(sv, id, command, false, &slot->spec,
				     &slot->memory, &error)
			   : SPEC_BLOCKING;
	if (built != SPEC_OK && built != SPEC_BLOCKING) {
		spawn_memory_free(&slot->memory);
		failed(sv, id, error);
		return;
	}
	if (built == SPEC_OK) {
		result = start_shared(sv, slot, id);
		if (result == 0)
			return;
		/* So says qemu-user, whose processes cannot share memory. */
		if (result == EINVAL)
			is_sharing = false;
	}
	spawn_memory_free(&slot->memory);
	if (built == SPEC_BLOCKING || !is_sharing)
		result = start_forked(sv, slot, id, command);
	if (result != 0) {
		log_warn("%s: no process: %s", service_name(sv, id),
			strerror(result));
		failed(sv, id, (int32_t)STEP_EXEC << 16 | result);
	}
}

void
spawn_start(struct supervisor *sv, uint32_t id, unsigned command)
{
	struct slot *slot =
		pendings == 0 && free_pipe() >= 0 ? free_slot() : NULL;

	if (slot) {
		spawn_now(sv, id, command, slot);
		return;
	}
	sv->service[id].is_pending = true;
	pending[pendings++] = id;
}

bool
spawn_cancel(struct supervisor *sv, uint32_t id)
{
	if (!sv->service[id].is_pending)
		return false;
	sv->service[id].is_pending = false;
	for (uint32_t i = 0; i < pendings; i++)
		if (pending[i] == id) {
			memmove(&pending[i], &pending[i + 1],
				(pendings - i - 1) * sizeof(*pending));
			pendings--;
			break;
		}
	return true;
}

/* It has its own memory now: by exec, or because it died. */
static void
arrived(struct supervisor *sv, uint32_t id)
{
	const struct journal_record *record = journal_record(&sv->journal, id);

	if (record->error == 0)
		plan_event(&sv->plan, id, EVENT_READY, 0, PLAN_NONE);
}

static void
collect_slots(struct supervisor *sv)
{
	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken && slots[i].is_busy == 0) {
			release(&slots[i]);
			arrived(sv, slots[i].svc);
			act_run(sv);
		}
}

/* The slot that will be free next: the oldest that does not hang. */
static struct slot *
next_free(const struct supervisor *sv)
{
	struct slot *oldest = NULL;

	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].is_taken &&
			sv->plan.now_ms - slots[i].from_ms < HANGS_MS &&
			(!oldest || slots[i].from_ms < oldest->from_ms))
			oldest = &slots[i];
	return oldest;
}

static bool
wait_for_slot(const struct supervisor *sv)
{
	struct slot *slot = next_free(sv);

	if (!slot)
		return false;
	if (slot->is_busy != 0)
		futex_wait(&slot->is_busy, 1, UINT32_MAX, SLOT_WAIT_NS);
	return slot->is_busy == 0;
}

static void
start_pending(struct supervisor *sv)
{
	unsigned started = 0;

	/* Any may need a pipe, and the end of one wakes us. */
	while (pendings > 0 && started < BATCH && free_pipe() >= 0) {
		struct slot *slot = free_slot();
		uint32_t id = pending[0];

		if (!slot) {
			if (!wait_for_slot(sv))
				return;
			collect_slots(sv);
			continue;
		}
		/* From the front: they were asked for in this order. */
		spawn_cancel(sv, id);
		spawn_now(sv, id, sv->plan.svc[id].command, slot);
		act_run(sv);
		started++;
	}
}

/* Pages that only a burst of starts had needed. */
static void
give_back(void)
{
	if (slots_used <= 2)
		return;
	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken)
			return;
	madvise(memory[1], (slots_used - 1) * sizeof(memory[0]), MADV_DONTNEED);
	slots_used = 1;
}

void
spawn_collect(struct supervisor *sv)
{
	if (slots_used == 0 && pendings == 0)
		return;
	collect_slots(sv);
	start_pending(sv);
	if (pendings == 0)
		give_back();
}

static void
finish_pipe(struct supervisor *sv, struct pipe *pipe)
{
	close(pipe->fd);
	pipe->fd = 0;
	pipe->number = (pipe->number + 1) % PIPE_NUMBERS;
	arrived(sv, pipe->svc);
}

void
spawn_pipe_closed(struct supervisor *sv, unsigned which)
{
	struct pipe *pipe = &pipes[which % PIPES];

	if (pipe->fd != 0 && pipe->number == which / PIPES)
		finish_pipe(sv, pipe);
}

void
spawn_has_died(struct supervisor *sv, uint32_t id)
{
	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken && slots[i].svc == id &&
			slots[i].is_busy == 0) {
			release(&slots[i]);
			arrived(sv, id);
		}
	for (unsigned i = 0; i < PIPES; i++)
		if (pipes[i].fd != 0 && pipes[i].svc == id)
			finish_pipe(sv, &pipes[i]);
}

bool
spawn_is_under_way(const struct supervisor *sv, uint32_t id)
{
	(void)sv;
	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken && slots[i].svc == id)
			return slots[i].is_busy != 0;
	for (unsigned i = 0; i < PIPES; i++)
		if (pipes[i].fd != 0 && pipes[i].svc == id)
			return true;
	return false;
}

bool
spawn_is_any_under_way(const struct supervisor *sv)
{
	(void)sv;
	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken)
			return true;
	for (unsigned i = 0; i < PIPES; i++)
		if (pipes[i].fd != 0)
			return true;
	return pendings > 0;
}

int
spawn_wait_ms(const struct supervisor *sv)
{
	uint64_t youngest = 0;
	uint64_t age;
	bool is_any = false;

	for (unsigned i = 0; i < slots_used; i++)
		if (slots[i].is_taken) {
			is_any = true;
			if (slots[i].from_ms > youngest)
				youngest = slots[i].from_ms;
		}
	if (pendings > 0 && free_pipe() >= 0 && (!is_any || next_free(sv)))
		return 0;
	if (!is_any)
		return -1;
	/* The FIFO tells when the last has exec'd; this is for one that hangs
	 * and so keeps it from telling: less and less often. */
	age = sv->plan.now_ms - youngest;
	if (age < (sv->exec_fd < 0 ? 1 : HANGS_MS))
		age = sv->exec_fd < 0 ? 1 : HANGS_MS;
	return age > POLL_MOST_MS ? POLL_MOST_MS : (int)age;
}
