#include "supervisor/pids.h"

#include "supervisor/supervisor.h"

int32_t *
pids_word(struct supervisor *sv, uint32_t who)
{
	struct journal_record *record =
		journal_record(&sv->journal, who & PIDS_ID);

	return (who & PIDS_HOOK) != 0 ? &record->hook_pid : &record->pid;
}

/* Buckets and links hold who + 1, so that fresh memory is empty. */
static uint32_t *
bucket(struct supervisor *sv, pid_t pid)
{
	return &sv->pid_bucket[(uint32_t)pid % SERVICES_MAX];
}

static uint32_t *
link_of(struct supervisor *sv, uint32_t who)
{
	struct service *service = &sv->service[who & PIDS_ID];

	return (who & PIDS_HOOK) != 0 ? &service->hook_next
				      : &service->pid_next;
}

void
pids_add(struct supervisor *sv, uint32_t who)
{
	uint32_t *first = bucket(sv, *pids_word(sv, who));

	*link_of(sv, who) = *first;
	*first = who + 1;
}

void
pids_remove(struct supervisor *sv, uint32_t who)
{
	uint32_t *at = bucket(sv, *pids_word(sv, who));

	while (*at != 0 && *at != who + 1)
		at = link_of(sv, *at - 1);
	if (*at != 0)
		*at = *link_of(sv, who);
}

uint32_t
pids_find(struct supervisor *sv, pid_t pid)
{
	uint32_t at = *bucket(sv, pid);

	while (at != 0 && *pids_word(sv, at - 1) != pid)
		at = *link_of(sv, at - 1);
	return at == 0 ? PLAN_NONE : at - 1;
}
