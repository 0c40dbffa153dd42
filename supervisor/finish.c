#include "supervisor/finish.h"

#include "lib/handoff.h"
#include "lib/log.h"
#include "supervisor/drain.h"
#include "supervisor/link.h"
#include "supervisor/logger.h"
#include "supervisor/stop.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

/*
 * What was to run and could not: a container that ends then must not look as
 * if all had been well.
 */
static int
failure_code(const struct supervisor *sv)
{
	for (uint32_t id = 0; id < sv->plan.count; id++) {
		const struct plan_svc *s = &sv->plan.svc[id];

		if (!s->is_used)
			continue;
		if (s->want != WANT_DOWN && s->state == SVC_FAILED)
			return 1;
		if (sv->plan.starts_all && s->policy.is_wanted_at_start &&
			s->state == SVC_INVALID)
			return 1;
	}
	return 0;
}

void
finish_ask(struct supervisor *sv, int end)
{
	finish_ask_with(sv, end, -1);
}

void
finish_ask_with(struct supervisor *sv, int end, int exit_code)
{
	if (sv->finish.is_asked)
		return;
	drain_end(sv);
	stop_begin(sv);
	sv->finish.end = end;
	sv->finish.exit_code = exit_code >= 0 ? exit_code : failure_code(sv);
	/* Should we die meanwhile, the next one goes on with it. */
	journal_set_end(&sv->journal, end, sv->finish.exit_code);
	sv->finish.is_asked = true;
	publish_flags(&sv->page, PAGE_FINISHING, 0);
	plan_finish(&sv->plan);
	stop_share(sv);
}

/* Nothing of it is left, or there is no time to wait for it. */
static bool
has_ended(struct supervisor *sv)
{
	bool is_late = stop_is_over(sv);

	if (!is_late && !plan_is_finished(&sv->plan))
		return false;
	/* In any case it is told that this is the end. */
	return logger_is_finished(sv) || is_late;
}

static void
say_left(struct supervisor *sv, uint32_t id)
{
	const struct plan_svc *s = &sv->plan.svc[id];

	if (!s->is_used || !plan_is_running(s))
		return;
	if (s->is_stuck || s->state == SVC_KILLING)
		log_error("%s: process %d does not die of SIGKILL; going on "
			  "without it",
			service_name(sv, id),
			(int)journal_record(&sv->journal, id)->pid);
}

/* Not within finish_is_due, which runs each turn and is to stay short. */
static bool __attribute__((noinline)) is_over(struct supervisor *sv)
{
	if (sv->finish.is_sent)
		return true;
	if (!has_ended(sv))
		return false;
	sv->finish.is_sent = true;
	for (uint32_t id = 0; id < sv->plan.count; id++)
		say_left(sv, id);
	link_send_finish(sv);
	return true;
}

bool
finish_is_due(struct supervisor *sv)
{
	return sv->finish.is_asked && is_over(sv);
}

int
finish_exit_code(const struct supervisor *sv)
{
	uint32_t id = zero_main(sv);
	int code = id == PLAN_NONE
			   ? -1
			   : plan_last_code(&sv->plan, &sv->plan.svc[id]);

	return code >= 0 ? code : sv->finish.exit_code;
}
