#include "supervisor/plan_run.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "supervisor/backoff.h"
#include "supervisor/plan_private.h"

void
run_enter(struct plan *p, uint32_t id, enum svc_state state)
{
	struct plan_svc *s = &p->svc[id];

	s->state = (uint8_t)state;
	s->since_boot_ms = p->boot_ms;
	s->deadline_ms = 0;
	s->cursor = PLAN_NONE;
	s->is_stuck = false;
	s->asking = 0;
	s->answered = 0;
	plan_changed(p, id);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS);
}

void
run_enter_there(struct plan *p, uint32_t id, enum svc_state state)
{
	run_enter(p, id, state);
	p->svc[id].has_been_up = true;
	plan_mark(p, id, MARK_BACK);
}

void
run_because(struct plan *p, uint32_t id, enum reason reason, int32_t arg,
	uint32_t svc)
{
	struct plan_svc *s = &p->svc[id];

	s->reason = reason;
	s->reason_arg = arg;
	s->reason_svc = svc;
	plan_changed(p, id);
}

void
run_arm(struct plan *p, uint32_t id, uint32_t timeout_ms)
{
	p->svc[id].deadline_ms = timeout_ms == 0 ? 0 : p->now_ms + timeout_ms;
}

void
run_wanted(struct plan *p, uint32_t id, enum svc_want want, uint32_t by)
{
	struct plan_svc *s = &p->svc[id];

	if (want == WANT_UP)
		run_timer_on(p, id);
	/* What it was to go before need not wait for it any more. */
	if (plan_is_leaving(s))
		plan_mark(p, id, MARK_NEWS | MARK_STAY);
	if (by == PLAN_NONE)
		s->is_pulled = false;
	else if (s->want == WANT_DOWN && s->state != SVC_FAILED)
		s->is_pulled = true;
	/* What it did before counts no more, but for those who need it. */
	if (by == PLAN_NONE || s->want == WANT_DOWN) {
		s->failures = 0;
		s->limit_used = 0;
	}
	s->want = (uint8_t)want;
	if (s->fate != FATE_NONE && s->fate != FATE_RESTART) {
		/* Those who require it may not have heard of its failure. */
		plan_mark(p, id,
			MARK_EXIT | (s->fate == FATE_FAIL ? MARK_PUSH : 0u));
		s->fate = FATE_RESTART;
	}
	plan_changed(p, id);
	plan_mark(p, id, MARK_PULL);
}

void
run_wait_to_start(struct plan *p, uint32_t id)
{
	p->svc[id].fate = FATE_NONE;
	run_enter(p, id, SVC_WAITING);
	plan_mark(p, id, MARK_NEED);
}

void
run_start_afresh(struct plan *p, uint32_t id, enum svc_want want, uint32_t by)
{
	run_wanted(p, id, want, by);
	p->svc[id].restarts = 0;
	run_because(p, id, REASON_ASKED, 0, PLAN_NONE);
	run_wait_to_start(p, id);
}

void
run_leave(struct plan *p, uint32_t id, enum reason reason, uint32_t cause)
{
	struct plan_svc *s = &p->svc[id];

	run_timer_off(p, id, cause);
	s->want = WANT_DOWN;
	s->fate = FATE_NONE;
	s->cursor = PLAN_NONE;
	run_because(p, id, reason, 0, cause);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS | MARK_PUSH);
}

/* The reason of a stop is that of the service that dragged it down, if any. */
void
run_unwanted(struct plan *p, uint32_t id, uint32_t cause)
{
	run_leave(p, id, cause == PLAN_NONE ? REASON_ASKED : REASON_DEP_STOPPED,
		cause);
}

void
run_down(struct plan *p, uint32_t id)
{
	p->svc[id].want = WANT_DOWN;
	p->svc[id].fate = FATE_NONE;
	run_enter(p, id, SVC_DOWN);
}

/* It runs, and has to go down before it is started again. */
void
run_restart_running(struct plan *p, uint32_t id, uint32_t by)
{
	struct plan_svc *s = &p->svc[id];
	bool was_pulled = s->is_pulled && s->want != WANT_DOWN;

	run_wanted(p, id, WANT_UP, by);
	/* Who asks for another run of it does not ask for it to stay. */
	s->is_pulled = was_pulled || s->is_pulled;
	s->fate = FATE_RESTART;
	s->restarts = 0;
	s->cursor = PLAN_NONE;
	run_because(p, id, REASON_ASKED, 0, PLAN_NONE);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS | MARK_PUSH);
}

/* It is up or on its way, and what it requires has failed. */
void
run_doom_running(struct plan *p, uint32_t id, uint32_t cause)
{
	struct plan_svc *s = &p->svc[id];

	if (s->want == WANT_DOWN || s->fate == FATE_FAIL)
		return;
	s->fate = FATE_FAIL;
	s->cursor = PLAN_NONE;
	run_because(p, id, REASON_DEP_FAILED, 0, cause);
	plan_mark(p, id, MARK_LOOK | MARK_NEWS);
}

void
run_fail(struct plan *p, uint32_t id)
{
	p->svc[id].fate = FATE_NONE;
	run_enter(p, id, SVC_FAILED);
	plan_mark(p, id, MARK_FAILED);
	run_over(p, id);
}

void
run_spawn(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	s->starts++;
	s->facts = FACT_MAIN;
	plan_act(p, ACTION_SPAWN, id, s->command);
	plan_changed(p, id);
}

void
run_launch(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->reason == REASON_DEP_WAIT || s->reason == REASON_WAIT_FOR ||
		s->reason == REASON_LOOKING)
		run_because(p, id, REASON_ASKED, 0, PLAN_NONE);
	s->runs_as = s->policy.type;
	s->facts = 0;
	s->part = PART_MAIN;
	if (s->runs_as == TYPE_TARGET) {
		run_enter_there(p, id, SVC_UP);
		return;
	}
	run_enter(p, id, SVC_STARTING);
	run_arm(p, id, s->policy.start_timeout_ms);
	s->command = 0;
	if (!run_hooks(p, id, PART_START_PRE))
		run_spawn(p, id);
}

static void
kill_all(struct plan *p, uint32_t id)
{
	run_arm(p, id, PLAN_KILL_AGAIN_MS);
	if ((p->svc[id].facts & FACT_HOOK) != 0)
		plan_act(p, ACTION_HOOK_SIGNAL, id, SIGKILL);
	if ((p->svc[id].facts & FACT_MAIN) != 0)
		plan_act(p, ACTION_SIGNAL, id, SIGKILL);
}

/* What comes after its end depends on why it goes down. */
static bool
keeps_reason(const struct plan_svc *s)
{
	return s->fate == FATE_RETRY || s->fate == FATE_ENDED ||
	       s->fate == FATE_UNHEALTHY;
}

void
run_kill_it(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (!keeps_reason(s))
		run_because(p, id, REASON_STOP_TIMEOUT,
			plan_stop_took_ms(p, id), PLAN_NONE);
	run_enter(p, id, SVC_KILLING);
	kill_all(p, id);
}

void
run_kill_again(struct plan *p, uint32_t id)
{
	p->svc[id].is_stuck = true;
	if (!keeps_reason(&p->svc[id]))
		run_because(p, id, REASON_STUCK, 0, PLAN_NONE);
	plan_changed(p, id);
	kill_all(p, id);
}

/* least_ms: the delay is not shorter, whatever the list says. */
static void
retry(struct plan *p, uint32_t id, uint32_t least_ms)
{
	struct plan_svc *s = &p->svc[id];
	const struct plan_delays *list = &p->delays[s->policy.delays];
	uint64_t delay;

	plan_mark(p, id, MARK_EXIT);
	if (!backoff_count(&s->limit_used, &s->limit_from_ms,
		    s->policy.limit_count, s->policy.limit_ms, p->now_ms)) {
		run_because(
			p, id, REASON_LIMIT, s->policy.limit_count, PLAN_NONE);
		run_fail(p, id);
		return;
	}
	delay = backoff_delay_ms(list->ms, list->count, s->failures,
		p->seed ^ (uint64_t)id << 32 ^ s->starts);
	if (delay < least_ms)
		delay = least_ms;
	if (s->failures < UINT16_MAX)
		s->failures++;
	s->restarts++;
	if (delay == 0) {
		run_wait_to_start(p, id);
		return;
	}
	s->fate = FATE_NONE;
	run_enter(p, id, SVC_BACKOFF);
	s->deadline_ms = p->now_ms + delay;
}

/* It ended by itself, and how that was is in reason and FACT_WELL. */
static void
decide(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];
	bool is_well = (s->facts & FACT_WELL) != 0;
	bool by_signal = s->reason == REASON_SIGNALED ||
			 s->reason == REASON_LOST ||
			 (s->reason == REASON_HOOK_EXITED &&
				 !WIFEXITED(s->reason_arg & 0xffff));

	s->fate = FATE_NONE;
	if (s->runs_as == TYPE_ONESHOT && is_well) {
		s->has_been_up = true;
		run_down(p, id);
		plan_mark(p, id, MARK_BACK);
		run_over(p, id);
		return;
	}
	if (s->reason == REASON_EXEC_FAILED ||
		s->reason == REASON_HOOK_FAILED) {
		if (plan_exit_is_transient(s->reason_arg & 0xffff) &&
			s->want != WANT_ONCE)
			retry(p, id, PLAN_SPAWN_RETRY_MS);
		else
			run_fail(p, id);
	} else if (plan_exit_is_retried(s, is_well, by_signal) &&
		   !plan_is_prevented(p, s)) {
		retry(p, id, 0);
	} else if (is_well || s->want == WANT_ONCE) {
		run_down(p, id);
		plan_mark(p, id, MARK_EXIT);
		run_over(p, id);
	} else {
		run_fail(p, id);
	}
}

/* Nothing of it runs any more. */
void
run_after_stop(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->want == WANT_DOWN || p->is_finishing) {
		run_down(p, id);
	} else if (s->fate == FATE_FAIL) {
		run_fail(p, id);
	} else if (s->fate == FATE_RETRY || s->fate == FATE_UNHEALTHY) {
		if (s->fate == FATE_RETRY && s->reason != REASON_HOOK_EXITED &&
			s->reason != REASON_HOOK_FAILED)
			run_because(p, id, REASON_START_TIMEOUT,
				(int32_t)s->policy.start_timeout_ms, PLAN_NONE);
		if (s->policy.restart == RESTART_NEVER || s->want == WANT_ONCE)
			run_fail(p, id);
		else
			retry(p, id, 0);
	} else if (s->fate == FATE_ENDED) {
		decide(p, id);
	} else {
		run_wait_to_start(p, id);
	}
}

/* It is ready, or a oneshot has done all; start-post is over as well. */
void
run_arrive(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->runs_as != TYPE_ONESHOT) {
		s->up_ms = p->now_ms;
		run_enter_there(p, id, SVC_UP);
	} else if (s->policy.remains) {
		s->failures = 0;
		run_enter_there(p, id, SVC_DONE);
	} else {
		s->fate = s->want == WANT_DOWN ? FATE_NONE : FATE_ENDED;
		run_without_main(p, id);
	}
}

static void
come_up(struct plan *p, uint32_t id)
{
	if (!run_hooks(p, id, PART_START_POST))
		run_arrive(p, id);
}

/* A oneshot's command ended well. */
static void
next_command(struct plan *p, uint32_t id)
{
	struct plan_svc *s = &p->svc[id];

	if (s->command + 1 < s->policy.commands) {
		s->command++;
		run_spawn(p, id);
	} else {
		come_up(p, id);
	}
}

static void
take_end(struct plan *p, uint32_t id, int32_t status, bool lost)
{
	struct plan_svc *s = &p->svc[id];

	s->facts &= (uint8_t) ~(FACT_MAIN | FACT_SEARCH | FACT_FOUND);
	s->has_exit = !lost;
	s->exit_status = status;
	plan_changed(p, id);
}

/* It ended by itself, in starting or up. lost: nobody knows how. */
void
run_ended(struct plan *p, uint32_t id, int32_t status, bool lost)
{
	struct plan_svc *s = &p->svc[id];
	bool is_well = !lost && plan_is_clean(p, s, status);

	if (run_forked(p, id, status, lost))
		return;
	take_end(p, id, status, lost);
	s->facts =
		(uint8_t)((s->facts & ~FACT_WELL) | (is_well ? FACT_WELL : 0));
	if (plan_is_leaving(s)) {
		run_without_main(p, id);
		return;
	}
	if (lost)
		run_because(p, id, REASON_LOST, 0, PLAN_NONE);
	else if (WIFSIGNALED(status))
		run_because(
			p, id, REASON_SIGNALED, WTERMSIG(status), PLAN_NONE);
	else
		run_because(
			p, id, REASON_EXITED, WEXITSTATUS(status), PLAN_NONE);
	if (s->runs_as == TYPE_ONESHOT && is_well) {
		next_command(p, id);
		return;
	}
	if (s->state == SVC_UP && s->policy.reset_ms != 0 &&
		p->now_ms - s->up_ms >= s->policy.reset_ms)
		s->failures = 0;
	s->fate = FATE_ENDED;
	run_without_main(p, id);
}

/* On the way down. */
void
run_stopped(struct plan *p, uint32_t id, int32_t status, bool lost)
{
	if (run_forked(p, id, status, lost))
		return;
	take_end(p, id, status, lost);
	run_without_main(p, id);
}

/* Its process could not be made, or has not become its program. */
void
run_spawn_failed(struct plan *p, uint32_t id, int32_t arg)
{
	struct plan_svc *s = &p->svc[id];

	s->facts &= (uint8_t)~FACT_MAIN;
	plan_changed(p, id);
	if (s->state == SVC_STARTING && !plan_is_leaving(s)) {
		run_because(p, id, REASON_EXEC_FAILED, arg, PLAN_NONE);
		s->fate = FATE_ENDED;
	}
	run_without_main(p, id);
}

void
run_ready(struct plan *p, uint32_t id)
{
	const struct plan_svc *s = &p->svc[id];

	/* A oneshot is ready when it has ended; what a forking one leaves
	 * behind has to be known. */
	if (s->runs_as == TYPE_ONESHOT || s->part != PART_MAIN ||
		(s->runs_as == TYPE_FORKING && (s->facts & FACT_FOUND) == 0))
		return;
	come_up(p, id);
}

void
run_start_timed_out(struct plan *p, uint32_t id)
{
	if (p->svc[id].want != WANT_DOWN && p->svc[id].fate == FATE_NONE)
		p->svc[id].fate = FATE_RETRY;
	run_halt(p, id, SIGKILL);
	run_because(p, id, REASON_START_TIMEOUT,
		(int32_t)p->svc[id].policy.start_timeout_ms, PLAN_NONE);
}

/* Nothing holds it any more. */
void
run_let_go(struct plan *p, uint32_t id)
{
	if (p->svc[id].runs_as == TYPE_TARGET)
		run_after_stop(p, id);
	else
		run_halt(p, id, SIGTERM);
}
