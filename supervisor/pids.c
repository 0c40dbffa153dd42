#include "supervisor/pids.h"

#include "supervisor/supervisor.h"

/* Buckets hold id + 1, so that fresh memory is empty. */
static uint32_t *
bucket(struct supervisor *sv, pid_t pid)
{
	return &sv->pid_bucket[(uint32_t)pid % SERVICES_MAX];
}

void
pids_add(struct supervisor *sv, uint32_t id)
{
	uint32_t *first = bucket(sv, journal_record(&sv->journal, id)->pid);

	sv->service[id].pid_next = *first;
	*first = id + 1;
}

void
pids_remove(struct supervisor *sv, uint32_t id)
{
	uint32_t *at = bucket(sv, journal_record(&sv->journal, id)->pid);

	while (*at != 0 && *at != id + 1)
		at = &sv->service[*at - 1].pid_next;
	if (*at != 0)
		*at = sv->service[id].pid_next;
}

uint32_t
pids_find(struct supervisor *sv, pid_t pid)
{
	uint32_t at = *bucket(sv, pid);

	while (at != 0 && journal_record(&sv->journal, at - 1)->pid != pid)
		at = sv->service[at - 1].pid_next;
	return at == 0 ? PLAN_NONE : at - 1;
}
