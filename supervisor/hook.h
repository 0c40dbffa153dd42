/*
 * The auxiliary process of a service: a command that runs before, beside or
 * behind its main one. There is at most one at a time, in a session and group
 * of its own, and what it leaves in that group is killed when it ends. Its end
 * is an event of the plan; that of a check goes to hook_check_ended().
 */
#ifndef SUPERVISOR_HOOK_H
#define SUPERVISOR_HOOK_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;
struct journal_record;

/*
 * Runs a command of the definition; what: enum def_part << 8 | which one. A
 * check that is in its way is killed, and the command begins when that ended.
 */
void hook_start(struct supervisor *sv, uint32_t id, unsigned what);
/* To its group; nothing if none runs. One that was to begin is forgotten. */
void hook_signal(struct supervisor *sv, uint32_t id, int signal);
/* A command runs, or waits for its turn. */
bool hook_is_there(struct supervisor *sv, uint32_t id);

/* It could not be made: step << 16 | errno. */
void hook_failed(struct supervisor *sv, uint32_t id, int32_t error);
/* A child that is dead, and not reaped yet. */
void hook_died(struct supervisor *sv, uint32_t id, int32_t status);
/* One that is no child of ours; is_known: its status. */
void hook_adopted_died(
	struct supervisor *sv, uint32_t id, int32_t status, bool is_known);

/*
 * After a crash of the supervisor: takes over what old speaks of, and later,
 * when all are restored, judges it and begins what had not begun.
 */
void hook_adopt(struct supervisor *sv, uint32_t id,
	const struct journal_record *old, bool is_our_child);
void hook_judge(struct supervisor *sv, uint32_t id);

/* Its words where those of a main process are, for what adopt.h asks. */
struct journal_record hook_as_main(const struct journal_record *record);

#endif
