/*
 * Exit codes and signals: which of them mean that all went well, and which
 * that another try would be of no use.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "supervisor/plan_private.h"

static bool
is_in(const struct plan_status_set *set, int32_t status)
{
	unsigned n;

	if (WIFEXITED(status)) {
		n = (unsigned)WEXITSTATUS(status);
		return (set->codes[n / 32] >> n % 32 & 1u) != 0;
	}
	n = (unsigned)WTERMSIG(status);
	return n < 64 && (set->signals >> n & 1u) != 0;
}

/* NULL: there are none. */
static const struct plan_statuses *
statuses_of(const struct plan *p, const struct plan_svc *s)
{
	return s->policy.statuses == 0 ? NULL
				       : &p->statuses[s->policy.statuses - 1];
}

bool
plan_is_clean(const struct plan *p, const struct plan_svc *s, int32_t status)
{
	const struct plan_statuses *statuses = statuses_of(p, s);

	if (statuses && is_in(&statuses->success, status))
		return true;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ||
		       (s->policy.may_fail >> s->command & 1u) != 0;
	if (s->runs_as == TYPE_ONESHOT)
		return false;
	return WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGINT ||
	       WTERMSIG(status) == SIGPIPE || WTERMSIG(status) == SIGTERM;
}

bool
plan_is_prevented(const struct plan *p, const struct plan_svc *s)
{
	const struct plan_statuses *statuses = statuses_of(p, s);

	return statuses && s->has_exit &&
	       (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED) &&
	       is_in(&statuses->prevent, s->exit_status);
}

/* Of a process that has ended. */
static int
code_of(const struct plan *p, const struct plan_svc *s)
{
	const struct plan_statuses *statuses = statuses_of(p, s);

	if (statuses && is_in(&statuses->success, s->exit_status))
		return 0;
	if (WIFEXITED(s->exit_status))
		return WEXITSTATUS(s->exit_status);
	return 128 + WTERMSIG(s->exit_status);
}

static int
code_of_exec(const struct plan_svc *s)
{
	return s->reason_arg == ENOENT ? 127 : 126;
}

int
plan_exit_code(const struct plan *p, const struct plan_svc *s)
{
	int code = 1;

	if (s->reason == REASON_EXEC_FAILED)
		code = code_of_exec(s);
	else if (s->has_exit &&
		 (s->reason == REASON_EXITED || s->reason == REASON_SIGNALED ||
			 s->reason == REASON_LIMIT))
		code = code_of(p, s);
	return code == 0 && s->state == SVC_FAILED ? 1 : code;
}

int
plan_last_code(const struct plan *p, const struct plan_svc *s)
{
	if (s->reason == REASON_EXEC_FAILED)
		return code_of_exec(s);
	return s->has_exit ? code_of(p, s) : -1;
}

bool
plan_exit_is_retried(const struct plan_svc *s, bool clean, bool by_signal)
{
	if (s->want == WANT_ONCE)
		return false;
	switch ((enum def_restart)s->policy.restart) {
	case RESTART_ALWAYS:
		return true;
	case RESTART_ON_FAILURE:
		return !clean;
	case RESTART_ON_ABNORMAL:
		return !clean && by_signal;
	case RESTART_NEVER:
		return false;
	}
	return false;
}

/* Worth another try later, whatever `restart` says: no process was made. */
bool
plan_exit_is_transient(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE ||
	       error == ENFILE || error == EIO || error == ETXTBSY ||
	       error == EINTR || error == ENOSPC;
}
