#include "supervisor/main_pid.h"

#include <stddef.h>
#include <unistd.h>

#include "supervisor/pids.h"
#include "supervisor/procfs.h"
#include "supervisor/record.h"
#include "supervisor/supervisor.h"
#include "supervisor/watch.h"

#define TICK_MS 10u

static void
forget(struct supervisor *sv, uint32_t id)
{
	struct journal_record *record = journal_record(&sv->journal, id);

	if (record->pid == 0)
		return;
	if (sv->service[id].is_adopted)
		watch_end(sv, id);
	pids_remove(sv, id);
	sv->children--;
}

bool
set_main_pid(struct supervisor *sv, uint32_t id, pid_t pid)
{
	struct journal_record *record = journal_record(&sv->journal, id);
	struct service *service = &sv->service[id];
	struct procfs_stat stat;

	if (!procfs_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return false;
	if (record->pid == pid)
		return true;
	forget(sv, id);
	/* At each moment a pid whose start lies between the two times. */
	record->after_ms = 0;
	record->before_ms = 0;
	record->exit = 0;
	record->error = 0;
	__atomic_store_n(&record->pid, pid, __ATOMIC_RELEASE);
	record->before_ms = stat.start_ticks * TICK_MS;
	record->after_ms = record->before_ms + TICK_MS;
	service->is_adopted = stat.parent != getpid();
	sv->children++;
	pids_add(sv, id);
	record_process(sv, id);
	record_show_later(sv, id);
	/* Init tells of its own children alone. */
	return !service->is_adopted ||
	       (sv->init_fd >= 0 && stat.parent == getppid()) ||
	       watch_follow(sv, id);
}

bool
main_pid_is_child_now(struct supervisor *sv, uint32_t id)
{
	const struct journal_record *record = journal_record(&sv->journal, id);
	uint64_t start_ms = procfs_start_ticks(record->pid) * TICK_MS;

	if (!sv->service[id].is_adopted || sv->service[id].is_grouped ||
		start_ms + 2 * TICK_MS < record->before_ms ||
		start_ms > record->after_ms + 2 * TICK_MS)
		return false;
	watch_end(sv, id);
	sv->service[id].is_adopted = false;
	return true;
}
