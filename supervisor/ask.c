#include "supervisor/ask.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lib/log.h"
#include "supervisor/act.h"
#include "supervisor/ask_child.h"
#include "supervisor/supervisor.h"

/* Children at once: those that look, and those that wait, perhaps for long. */
#define LOOKS_MOST 16u
#define WAITS_MOST 200u
#define CHILDREN   (LOOKS_MOST + WAITS_MOST)
/* A look takes no longer than this, or the start-timeout if that is set. */
#define LOOK_MOST_MS 60000u
/* After a child that could not be made, or ended before it could answer. */
#define RETRY_MS 1000u
#define STACK	 65536

struct asking {
	pid_t pid;
	uint32_t id; /* PLAN_NONE: nobody wants its answer */
	unsigned stage;
	uint64_t until_ms; /* 0: for as long as it takes */
};

struct queued {
	uint32_t id;
	unsigned stage;
};

static struct asking asking[CHILDREN];
static unsigned children;
static unsigned looks; /* of these */
static struct queued *queue;
static uint32_t queued;
static uint64_t retry_ms; /* what is queued waits until then */

static char stack[STACK] __attribute__((aligned(16)));

int __clone(int (*run)(void *), void *stack, int flags, void *arg, ...);

static unsigned
kind_of(unsigned stage)
{
	return stage == ASK_STAGE_WAIT ? PLAN_ASK_WAIT : PLAN_ASK_CONDITION;
}

/* The plan still waits for this answer. */
static bool
is_wanted(const struct supervisor *sv, uint32_t id, unsigned stage)
{
	return id < sv->plan.count && sv->plan.svc[id].is_used &&
	       sv->plan.svc[id].state == SVC_WAITING &&
	       sv->plan.svc[id].asking == kind_of(stage);
}

/* Before its setsid() it has no group of its own. */
static void
kill_child(const struct asking *a)
{
	kill(-a->pid, SIGKILL);
	kill(a->pid, SIGKILL);
}

/* 0, or an errno. */
static int
start(struct supervisor *sv, uint32_t id, unsigned stage)
{
	static struct ask_task task;
	uint32_t limit = sv->plan.svc[id].policy.start_timeout_ms;
	struct asking *a = &asking[children];
	int pid;

	task = (struct ask_task){.sv = sv, .id = id, .stage = stage};
	errno = EPERM;
	pid = __clone(ask_child_run, stack + STACK, SIGCHLD, &task);
	if (pid < 0)
		return pid == -1 ? errno : -pid;
	*a = (struct asking){.pid = pid, .id = id, .stage = stage};
	if (stage != ASK_STAGE_WAIT) {
		a->until_ms = sv->plan.now_ms +
			      (limit == 0 || limit > LOOK_MOST_MS ? LOOK_MOST_MS
								  : limit);
		looks++;
	}
	children++;
	return 0;
}

static bool
has_room(unsigned stage)
{
	return stage == ASK_STAGE_WAIT ? children - looks < WAITS_MOST
				       : looks < LOOKS_MOST;
}

static void
put_off(uint32_t id, unsigned stage)
{
	if (!queue) {
		void *base = mmap(NULL, SERVICES_MAX * sizeof(*queue),
			PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base == MAP_FAILED)
			return;
		queue = base;
	}
	for (uint32_t i = 0; i < queued; i++)
		if (queue[i].id == id) {
			queue[i].stage = stage;
			return;
		}
	if (queued < SERVICES_MAX)
		queue[queued++] = (struct queued){id, stage};
}

static void
begin(struct supervisor *sv, uint32_t id, unsigned stage)
{
	int error;

	if (retry_ms != 0 || !has_room(stage)) {
		put_off(id, stage);
		return;
	}
	error = start(sv, id, stage);
	if (error == 0)
		return;
	log_warn("%s: no process to look at its conditions: %s",
		service_name(sv, id), strerror(error));
	put_off(id, stage);
	retry_ms = sv->plan.now_ms + RETRY_MS;
}

void
ask_begin(struct supervisor *sv, uint32_t id, unsigned what)
{
	/* One of an earlier start may still be under way. */
	for (unsigned i = 0; i < children; i++)
		if (asking[i].id == id) {
			asking[i].id = PLAN_NONE;
			kill_child(&asking[i]);
		}
	begin(sv, id, what == PLAN_ASK_WAIT ? ASK_STAGE_WAIT : ASK_STAGE_FILES);
}

static void
answer(struct supervisor *sv, uint32_t id, int32_t verdict, int32_t which)
{
	plan_event(&sv->plan, id, EVENT_CONDITION, verdict | which << 8,
		PLAN_NONE);
}

static void
ended(struct supervisor *sv, const struct asking *a, int32_t status)
{
	int result = !WIFEXITED(status) ? ASK_ERROR : WEXITSTATUS(status);

	if (a->stage >= ASK_STAGE_EXEC)
		result = ask_command_result(
			sv, a->id, a->stage - ASK_STAGE_EXEC, status);
	if (result == ASK_MORE) {
		begin(sv, a->id,
			a->stage == ASK_STAGE_FILES ? ASK_STAGE_EXEC
						    : a->stage + 1);
	} else if (result == ASK_ERROR) {
		put_off(a->id, a->stage == ASK_STAGE_WAIT ? ASK_STAGE_WAIT
							  : ASK_STAGE_FILES);
		retry_ms = sv->plan.now_ms + RETRY_MS;
	} else if (a->stage == ASK_STAGE_WAIT) {
		plan_event(&sv->plan, a->id, EVENT_THERE, 0, PLAN_NONE);
	} else if (result >= ASK_ASSERT) {
		answer(sv, a->id, PLAN_CONDITION_ASSERT, result - ASK_ASSERT);
	} else if (result >= ASK_SKIP) {
		answer(sv, a->id, PLAN_CONDITION_SKIP, result - ASK_SKIP);
	} else {
		answer(sv, a->id, PLAN_CONDITION_HOLDS, 0);
	}
}

static void
forget(unsigned i)
{
	looks -= asking[i].stage != ASK_STAGE_WAIT;
	asking[i] = asking[--children];
}

bool
ask_died(struct supervisor *sv, pid_t pid, int32_t status)
{
	for (unsigned i = 0; i < children; i++) {
		struct asking a = asking[i];
		siginfo_t info;

		if (a.pid != pid)
			continue;
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
		forget(i);
		if (a.id != PLAN_NONE && is_wanted(sv, a.id, a.stage))
			ended(sv, &a, status);
		act_run(sv);
		return true;
	}
	return false;
}

static void
start_queued(struct supervisor *sv)
{
	uint32_t kept = 0;
	uint32_t count = queued;

	if (queued == 0 || (retry_ms != 0 && sv->plan.now_ms < retry_ms))
		return;
	retry_ms = 0;
	queued = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct queued q = queue[i];

		if (!is_wanted(sv, q.id, q.stage))
			continue;
		if (retry_ms == 0 && has_room(q.stage) &&
			start(sv, q.id, q.stage) == 0)
			continue;
		queue[kept++] = q;
	}
	queued = kept;
	if (kept > 0 && children < CHILDREN && looks < LOOKS_MOST)
		retry_ms = sv->plan.now_ms + RETRY_MS;
}

void
ask_turn(struct supervisor *sv)
{
	if (children == 0 && queued == 0)
		return;
	for (unsigned i = 0; i < children; i++) {
		struct asking *a = &asking[i];

		if (a->id == PLAN_NONE)
			continue;
		if (!is_wanted(sv, a->id, a->stage)) {
			a->id = PLAN_NONE;
			kill_child(a);
		} else if (a->until_ms != 0 && sv->plan.now_ms >= a->until_ms) {
			uint32_t id = a->id;

			log_error("%s: its conditions could not be looked at "
				  "in time",
				service_name(sv, id));
			a->id = PLAN_NONE;
			kill_child(a);
			answer(sv, id, PLAN_CONDITION_UNSURE, 0);
		}
	}
	start_queued(sv);
}

int
ask_wait_ms(const struct supervisor *sv)
{
	uint64_t least = queued > 0 ? retry_ms : 0;

	for (unsigned i = 0; i < children; i++)
		if (asking[i].id != PLAN_NONE && asking[i].until_ms != 0 &&
			(least == 0 || asking[i].until_ms < least))
			least = asking[i].until_ms;
	if (least == 0)
		return -1;
	return least <= sv->plan.now_ms ? 0 : (int)(least - sv->plan.now_ms);
}

void
ask_end(struct supervisor *sv)
{
	(void)sv;
	for (unsigned i = 0; i < children; i++) {
		asking[i].id = PLAN_NONE;
		kill_child(&asking[i]);
	}
}
