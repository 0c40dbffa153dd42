#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/limits.h"
#include "lib/signame.h"

static void
format_step(struct fmt *out, unsigned arg, const char *text)
{
	static const char *const steps[SPAWN_STEPS] = {[STEP_EXEC] = "exec",
		[STEP_STDIN] = "open stdin",
		[STEP_LOG] = "open log",
		[STEP_DIRECTORY] = "working-directory",
		[STEP_GROUPS] = "supplementary groups",
		[STEP_GROUP] = "group",
		[STEP_USER] = "user",
		[STEP_ENVIRONMENT] = "environment",
		[STEP_DEFINITION] = "definition",
		[STEP_SESSION] = "new session",
		[STEP_TERMINAL] = "tty",
		[STEP_ROOT] = "root-directory",
		[STEP_NICE] = "nice",
		[STEP_IO_PRIORITY] = "io-priority",
		[STEP_AFFINITY] = "cpu-affinity",
		[STEP_SCHEDULING] = "cpu-scheduling",
		[STEP_OOM] = "oom-score-adjust",
		[STEP_LIMIT + LIMITS_AS] = "limit-as",
		[STEP_LIMIT + LIMITS_CORE] = "limit-core",
		[STEP_LIMIT + LIMITS_CPU] = "limit-cpu",
		[STEP_LIMIT + LIMITS_DATA] = "limit-data",
		[STEP_LIMIT + LIMITS_FSIZE] = "limit-fsize",
		[STEP_LIMIT + LIMITS_LOCKS] = "limit-locks",
		[STEP_LIMIT + LIMITS_MEMLOCK] = "limit-memlock",
		[STEP_LIMIT + LIMITS_MSGQUEUE] = "limit-msgqueue",
		[STEP_LIMIT + LIMITS_NICE] = "limit-nice",
		[STEP_LIMIT + LIMITS_NOFILE] = "limit-nofile",
		[STEP_LIMIT + LIMITS_NPROC] = "limit-nproc",
		[STEP_LIMIT + LIMITS_RSS] = "limit-rss",
		[STEP_LIMIT + LIMITS_RTPRIO] = "limit-rtprio",
		[STEP_LIMIT + LIMITS_RTTIME] = "limit-rttime",
		[STEP_LIMIT + LIMITS_SIGPENDING] = "limit-sigpending",
		[STEP_LIMIT + LIMITS_STACK] = "limit-stack",
		[STEP_READY] = "ready"};

	unsigned step = arg >> 16;

	fmt_str(out, step < SPAWN_STEPS && steps[step] ? steps[step] : "start");
	if (text && *text) {
		fmt_char(out, ' ');
		fmt_str(out, text);
	}
	fmt_str(out, ": ");
	/* What no errno describes, such as a user that does not exist. */
	fmt_str(out, (arg & 0xffff) == 0
			     ? "unusable; the supervisor's log says why"
			     : strerror((int)(arg & 0xffff)));
}

static void
format_limit(struct fmt *out, uint32_t restarts)
{
	fmt_str(out, "restart-limit reached");
	if (!restarts)
		return;
	fmt_str(out, " after ");
	fmt_u64(out, restarts);
	fmt_str(out, restarts == 1 ? " restart" : " restarts");
}

static void
format_pid(struct fmt *out, int32_t pid, const char *after)
{
	fmt_str(out, pid == 0 ? "what is left of it" : "process ");
	if (pid != 0)
		fmt_i64(out, pid);
	fmt_str(out, after);
}

static void
format_signal(struct fmt *out, int32_t signal)
{
	char buf[16];

	fmt_str(out, "killed by ");
	fmt_str(out, signame_get(signal, buf));
}

static void
format_hook(struct fmt *out, uint32_t arg)
{
	int status = (int)(arg & 0xffff);

	fmt_str(out, def_part_name(arg >> 16));
	fmt_char(out, ' ');
	if (status == REASON_UNSEEN)
		fmt_str(out, "ended while nobody could see its status");
	else if (WIFSIGNALED(status))
		format_signal(out, WTERMSIG(status));
	else
		fmt_printf(out, "exited %d", WEXITSTATUS(status));
}

/* Numbers are not all taken. */
static bool
is_known(unsigned reason)
{
	static const bool known[REASONS] = {
#define REASON(number, symbol, arg, svc) [number] = true,
#include "lib/reason.def"
#undef REASON
	};

	return reason < REASONS && known[reason];
}
/* Which of the words of a key; svctl why has the word itself. */
static void
format_item(struct fmt *out, const char *key, int32_t which, const char *what)
{
	fmt_str(out, key);
	if (which > 0) {
		fmt_str(out, ", item ");
		fmt_i64(out, (int64_t)which + 1);
		fmt_char(out, ',');
	}
	fmt_str(out, what);
}

/* Why what was up had to go. */
static void
format_health(struct fmt *out, enum reason reason, uint32_t arg)
{
	if (reason == REASON_UNHEALTHY) {
		fmt_str(out, "health: ");
		fmt_u64(out, arg);
		fmt_str(out, arg == 1 ? " check failed" : " checks failed");
	} else if (reason == REASON_OVERSTAYED) {
		fmt_str(out, "said that it stops, and still ran after ");
		duration_format(out, arg);
	} else if (arg == 0) {
		fmt_str(out, "watchdog: it said that it is not well");
	} else {
		fmt_str(out, "watchdog: no sign of life for ");
		duration_format(out, arg);
	}
}

/* What is asked before a start. */
static void
format_question(struct fmt *out, enum reason reason, int32_t arg)
{
	if (reason == REASON_CONDITION)
		format_item(out, "start-if", arg, " does not hold");
	else if (reason == REASON_WAIT_FOR)
		format_item(out, "waits for what wait-for", arg, " names");
	else if (reason == REASON_LOOKING)
		fmt_str(out, "its conditions are being looked at");
	else if (arg < 0)
		fmt_str(out, "its conditions could not be looked at");
	else
		format_item(out, "assert", arg, " does not hold");
}

static void
format_main(struct fmt *out, int32_t count)
{
	fmt_str(out, count == 0 ? "it left no process behind"
				: "it left several processes behind; which is "
				  "the main one? give it a pid-file");
}

/* Long, since it is a table. */
/* NOLINTBEGIN(readability-function-size) */
void
reason_format(struct fmt *out, unsigned reason, int32_t arg, const char *dep,
	const char *text)
{
	const char *other = dep && *dep ? dep : "a dependency";

	if (!is_known(reason)) {
		fmt_str(out, "reason ");
		fmt_u64(out, reason);
		return;
	}
	switch ((enum reason)reason) {
	case REASON_NONE:
	case REASONS:
		break;
	case REASON_ASKED:
		fmt_str(out, "as asked");
		break;
	case REASON_EXITED:
		fmt_str(out, "exited ");
		fmt_i64(out, arg);
		break;
	case REASON_SIGNALED:
		format_signal(out, arg);
		break;
	case REASON_START_TIMEOUT:
		fmt_str(out, "not ready after ");
		duration_format(out, (uint32_t)arg);
		break;
	case REASON_STOP_TIMEOUT:
		fmt_str(out, "still there after ");
		duration_format(out, (uint32_t)arg);
		fmt_str(out, "; sent KILL");
		break;
	case REASON_EXEC_FAILED:
		format_step(out, (uint32_t)arg, text);
		break;
	case REASON_SPAWN_FAILED:
		fmt_str(out, "no process could be made: ");
		fmt_str(out, strerror(arg));
		break;
	case REASON_DEP_FAILED:
		fmt_str(out, other);
		fmt_str(out, " failed");
		break;
	case REASON_DEP_STOPPED:
		fmt_str(out, other);
		fmt_str(out, " was stopped");
		break;
	case REASON_DEP_WAIT:
		fmt_str(out, "waits for ");
		fmt_str(out, other);
		break;
	case REASON_LIMIT:
		format_limit(out, (uint32_t)arg);
		break;
	case REASON_DEFINITION:
		fmt_str(out, text && *text ? text : "the definition is bad");
		break;
	case REASON_LOST:
		fmt_str(out, "ended while nobody could see its status");
		break;
	case REASON_STILL_RUNNING:
		fmt_str(out, "may still be running as ");
		fmt_i64(out, arg);
		break;
	case REASON_UNNEEDED:
		fmt_str(out, "nothing needs it any more");
		break;
	case REASON_CONFLICT:
		fmt_str(out, other);
		fmt_str(out, " was started, and conflicts with it");
		break;
	case REASON_DEP_EXITED:
		fmt_str(out, other);
		fmt_str(out, " ended, and it is bound to that");
		break;
	case REASON_CONDITION:
	case REASON_ASSERT:
	case REASON_WAIT_FOR:
	case REASON_LOOKING:
		format_question(out, (enum reason)reason, arg);
		break;
	case REASON_UNHEALTHY:
	case REASON_WATCHDOG:
	case REASON_OVERSTAYED:
		format_health(out, (enum reason)reason, (uint32_t)arg);
		break;
	case REASON_STUCK:
		format_pid(out, arg, " does not die of KILL");
		break;
	case REASON_NO_MAIN:
		format_main(out, arg);
		break;
	case REASON_HOOK_EXITED:
		format_hook(out, (uint32_t)arg);
		break;
	case REASON_HOOK_FAILED:
		fmt_str(out, def_part_name((uint32_t)arg >> 24));
		fmt_str(out, ": ");
		format_step(out, (uint32_t)arg & 0xffffff, text);
		break;
	}
}
/* NOLINTEND(readability-function-size) */
