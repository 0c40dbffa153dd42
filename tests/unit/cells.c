#include "tests/unit/cells.h"

static const char *const event_names[PLAN_EVENTS] = {
	[EVENT_START] = "start",
	[EVENT_ONCE] = "once",
	[EVENT_STOP] = "stop",
	[EVENT_RESTART] = "restart",
	[EVENT_RESET] = "reset",
	[EVENT_GO] = "go",
	[EVENT_DEP_FAILED] = "dep-failed",
	[EVENT_FREE] = "free",
	[EVENT_SPAWN_FAILED] = "spawn-failed",
	[EVENT_READY] = "ready",
	[EVENT_EXITED] = "exited",
	[EVENT_LOST] = "lost",
	[EVENT_TIMEOUT] = "timeout",
	[EVENT_HOOK_EXITED] = "hook-exited",
	[EVENT_HOOK_LOST] = "hook-lost",
	[EVENT_HOOK_FAILED] = "hook-failed",
	[EVENT_RELOAD] = "reload",
	[EVENT_MAIN] = "main",
	[EVENT_UNNEEDED] = "unneeded",
	[EVENT_CONFLICT] = "conflict",
	[EVENT_DEP_EXITED] = "dep-exited",
	[EVENT_DEP_BACK] = "dep-back",
	[EVENT_THERE] = "there",
	[EVENT_CONDITION] = "condition",
	[EVENT_UNHEALTHY] = "unhealthy",
	[EVENT_EXTEND] = "extend",
	[EVENT_ARM] = "arm",
	[EVENT_DUE] = "due",
};

static const char *const fate_names[PLAN_FATES] = {
	[FATE_NONE] = "none",
	[FATE_RESTART] = "restart",
	[FATE_RETRY] = "retry",
	[FATE_FAIL] = "fail",
	[FATE_ENDED] = "ended",
	[FATE_UNHEALTHY] = "unhealthy",
};

/*
 * A column an event, in the order of enum plan_event. People may ask for
 * anything at any time, and a requirement may fail at any time (x).
 */
static const char possible[SVC_STATES][PLAN_EVENTS + 1] = {
	/*                start, once, stop, restart, reset,
	 *                     go, dep-failed, free,
	 *                        spawn-failed, ready, exited, lost, timeout,
	 *                           hook-exited, -lost, -failed, reload,
	 *                           main,
	 *                              unneeded, conflict, dep-exited,
	 *                              dep-back, there, condition,
	 *                                 unhealthy, extend, arm, due */
	[SVC_DOWN] = "xxxxx"
		     ".x."
		     "....."
		     "...x."
		     "......"
		     "..xx",
	/* Nothing runs, and a start has no time limit before it begins. */
	[SVC_WAITING] = "xxxxx"
			"xx."
			"....."
			"...x."
			"xx..xx"
			"..xx",
	[SVC_STARTING] = "xxxxx"
			 ".xx"
			 "xxxxx"
			 "xxxxx"
			 "xxx..."
			 ".xxx",
	/* It was made and is ready: neither comes again. What has a time limit
	 * is a reload. */
	[SVC_UP] = "xxxxx"
		   ".xx"
		   "..xxx"
		   "xxxx."
		   "xxx..."
		   "x.xx",
	/* The process has ended already. */
	[SVC_DONE] = "xxxxx"
		     ".xx"
		     "....."
		     "...x."
		     "xxx..."
		     "..xx",
	/* Ready or exec may have been under way when it was signalled. */
	[SVC_STOPPING] = "xxxxx"
			 ".x."
			 "xxxxx"
			 "xxxxx"
			 "xx...."
			 ".xxx",
	[SVC_KILLING] = "xxxxx"
			".x."
			"xxxxx"
			"xxxxx"
			"xx...."
			".xxx",
	[SVC_BACKOFF] = "xxxxx"
			".x."
			"....x"
			"...x."
			"xx.x.."
			"..xx",
	[SVC_FAILED] = "xxxxx"
		       ".x."
		       "....."
		       "...x."
		       "......"
		       "..xx",
	[SVC_SKIPPED] = "xxxxx"
			".x."
			"....."
			"...x."
			"x....."
			"..xx",
	[SVC_MASKED] = "xxxxx"
		       ".x."
		       "....."
		       "...x."
		       "......"
		       "..xx",
	[SVC_INVALID] = "xxxxx"
			".x."
			"....."
			"...x."
			"......"
			"..xx",
};

bool
cell_is_possible(enum svc_state state, enum plan_event event)
{
	return possible[state][event] == 'x';
}

bool
cell_needs_deadline(const struct plan_svc *s)
{
	return (s->state == SVC_STARTING && s->policy.start_timeout_ms != 0) ||
	       (s->state == SVC_UP && s->part == PART_RELOAD &&
		       s->policy.start_timeout_ms != 0) ||
	       (s->state == SVC_STOPPING && s->policy.stop_timeout_ms != 0) ||
	       s->state == SVC_KILLING || s->state == SVC_BACKOFF;
}

const char *
event_name(enum plan_event event)
{
	return event < PLAN_EVENTS ? event_names[event] : "?";
}

const char *
fate_name(enum plan_fate fate)
{
	return fate < PLAN_FATES ? fate_names[fate] : "?";
}
