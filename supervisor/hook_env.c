#include "supervisor/hook_env.h"

#include <stddef.h>
#include <sys/wait.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "lib/reason.h"
#include "lib/signame.h"
#include "supervisor/family.h"
#include "supervisor/supervisor.h"

struct maker {
	struct hook_env *env;
	struct fmt f;
	unsigned count;
};

static void
begin(struct maker *m, const char *name)
{
	m->env->pair[m->count++] = m->env->text + m->f.len;
	fmt_str(&m->f, name);
}

static void
end(struct maker *m)
{
	/* The formatter ends the text with a NUL, which stays. */
	m->f.len++;
	m->env->pair[m->count] = NULL;
}

static void
put(struct maker *m, const char *name, const char *value)
{
	begin(m, name);
	fmt_str(&m->f, value);
	end(m);
}

static void
put_number(struct maker *m, const char *name, int32_t n)
{
	begin(m, name);
	fmt_i64(&m->f, n);
	end(m);
}

/* A word for the end that stop-post comes after. */
static const char *
result(const struct plan_svc *s)
{
	static const char *const words[REASONS] = {[REASON_EXITED] = "exit",
		[REASON_SIGNALED] = "signal",
		[REASON_START_TIMEOUT] = "start-timeout",
		[REASON_STOP_TIMEOUT] = "stop-timeout",
		[REASON_EXEC_FAILED] = "start-failed",
		[REASON_SPAWN_FAILED] = "start-failed",
		[REASON_LOST] = "lost",
		[REASON_STUCK] = "stop-timeout",
		[REASON_HOOK_EXITED] = "start-failed",
		[REASON_HOOK_FAILED] = "start-failed"};
	bool is_well =
		(s->facts & FACT_WELL) != 0 &&
		(s->reason == REASON_EXITED || s->reason == REASON_SIGNALED);

	return is_well || s->reason >= REASONS || !words[s->reason]
		       ? "ok"
		       : words[s->reason];
}

static void
put_end(struct maker *m, const struct plan_svc *s)
{
	char name[16];

	if (!s->has_exit)
		return;
	if (WIFEXITED(s->exit_status))
		put_number(m, "TEND_EXIT_CODE=", WEXITSTATUS(s->exit_status));
	else
		put(m, "TEND_EXIT_SIGNAL=",
			signame_get(WTERMSIG(s->exit_status), name));
	if (!WIFEXITED(s->exit_status))
		put_number(m,
			"TEND_EXIT_SIGNAL_NUMBER=", WTERMSIG(s->exit_status));
}

void
hook_env_make(
	struct supervisor *sv, uint32_t id, unsigned part, struct hook_env *out)
{
	const struct plan_svc *s = &sv->plan.svc[id];
	const struct journal_record *record = journal_record(&sv->journal, id);
	struct maker m = {.env = out};
	char tag[FAMILY_TAG_CAP];

	/* All of it fits: a name has 127 bytes, and reasons are short. */
	fmt_init(&m.f, out->text, sizeof(out->text));
	family_tag(sv, id, tag);
	put(&m, tag, "");
	if (part == PART_MAIN)
		return;
	put(&m, "TEND_NAME=", service_name(sv, id));
	put(&m, "TEND_HOOK=", def_part_name(part));
	begin(&m, "TEND_WHY=");
	reason_format(&m.f, s->reason, s->reason_arg,
		s->reason_svc == PLAN_NONE ? NULL
					   : service_name(sv, s->reason_svc),
		NULL);
	end(&m);
	if (record->pid > 0 && (s->facts & FACT_MAIN) != 0)
		put_number(&m, "TEND_MAIN_PID=", record->pid);
	if (part != PART_STOP_POST)
		return;
	put(&m, "TEND_RESULT=", result(s));
	put_end(&m, s);
}
