/*
 * The bytes of the journal: names of fields, checksums, and the way from a
 * record of any version to today's. journal_schema, journal_check and
 * journal_decode are pure; the two identities read /proc.
 */
#ifndef SUPERVISOR_JOURNAL_LAYOUT_H
#define SUPERVISOR_JOURNAL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/journal.h"

void journal_schema(char out[JOURNAL_SCHEMA]);
uint32_t journal_check(const struct journal_snapshot *snapshot);

/*
 * record: record_size bytes of a file whose fields are named by schema. A
 * snapshot of another version has its own size and checksum: its bytes lie
 * where the schema says. See journal_old_record().
 */
bool journal_decode(const char *schema, const unsigned char *record,
	size_t record_size, struct journal_record *out);

/* /proc/sys/kernel/random/boot_id, "" if it cannot be read. */
void journal_boot_id(char out[40]);
/* Start time of PID 1 in clock ticks, 0 if it cannot be read. */
uint64_t journal_init_start(void);

#endif
