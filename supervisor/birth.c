#include "supervisor/birth.h"

#include "supervisor/pids.h"
#include "supervisor/spec.h"
#include "supervisor/supervisor.h"

static bool
is_hook(uint32_t who)
{
	return (who & PIDS_HOOK) != 0;
}

unsigned
birth_command(struct supervisor *sv, uint32_t who)
{
	uint32_t id = who & PIDS_ID;

	return is_hook(who)
		       ? journal_record(&sv->journal, id)->hook_what & 0xffff
		       : sv->plan.svc[id].command;
}

/* The journal is shared memory, so that a child of its own may say it too. */
void
birth_may_fail(struct supervisor *sv, uint32_t who, const struct spec *spec)
{
	if (is_hook(who) && spec->may_fail)
		journal_record(&sv->journal, who & PIDS_ID)->hook_what |=
			JOURNAL_MAY_FAIL;
}

volatile uint32_t *
birth_prepare(struct supervisor *sv, uint32_t who)
{
	struct journal_record *record =
		journal_record(&sv->journal, who & PIDS_ID);

	if (is_hook(who)) {
		record->hook_end = 0;
		record->hook_took_ms = 0;
		record->hook_before_ms = clock_boot_ms();
		return &record->hook_end;
	}
	record->exit = 0;
	record->error = 0;
	record->after_ms = 0;
	record->before_ms = clock_boot_ms();
	return &record->error;
}

void
birth_done(struct supervisor *sv, uint32_t who)
{
	uint32_t id = who & PIDS_ID;
	struct journal_record *record = journal_record(&sv->journal, id);

	if (is_hook(who)) {
		record->hook_took_ms =
			(uint32_t)(clock_boot_ms() - record->hook_before_ms) +
			1;
		sv->service[id].is_hook_adopted = false;
	} else {
		record->after_ms = clock_boot_ms();
		sv->service[id].is_adopted = false;
	}
	sv->children++;
	pids_add(sv, who);
}

bool
birth_tells_exec(const struct supervisor *sv, uint32_t who)
{
	return sv->exec_fd >= 0 &&
	       ((who & PIDS_HOOK) != 0 ||
		       sv->plan.svc[who].runs_as != TYPE_ONESHOT);
}
