/*
 * Recovery without a journal that can be trusted. What may still run is not
 * started a second time and not signalled: its service is failed, and says
 * which process it may be, until somebody asks for it by name. What the status
 * page last said tells the rest.
 */
#ifndef SUPERVISOR_SALVAGE_H
#define SUPERVISOR_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervisor/journal.h"

struct supervisor;

struct salvage {
	void *page; /* what the dead supervisor last showed; NULL: nothing */
	size_t page_len;
	bool is_needed;
};

/*
 * Before the page is taken over. verdict: what is wrong with the journal. It
 * is needed if an earlier supervisor may have left something running.
 */
void salvage_read(struct salvage *s, const struct supervisor *sv,
	enum journal_verdict verdict);
/*
 * The plan is told, once the definitions are in force. Frees what was read.
 * True: it is known what was wanted, else the rest is to start as at boot.
 */
bool salvage_all(struct salvage *s, struct supervisor *sv);

/* One service whose record is damaged: its process, if it is known. */
void salvage_one(struct supervisor *sv, uint32_t id, int32_t pid);
/* What has ended meanwhile is in nobody's way any more. */
void salvage_look(struct supervisor *sv);
/* init says that this process has ended. */
void salvage_died(struct supervisor *sv, pid_t pid);
/* Which run of the system this is: its boot and its PID 1. */
uint64_t salvage_run(void);

#endif
