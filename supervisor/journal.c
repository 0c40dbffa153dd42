#include "supervisor/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/journal_layout.h"
#include "supervisor/memfile.h"
#include "supervisor/plan.h"

#define FILE_NAME     "state"
#define FILE_NAME_NEW "state.new"
/* Of the first version. */
#define LEAST_HEADER offsetof(struct journal_header, upgrade)
/* Room for the most services there may be; only what is used costs memory. */
#define RESERVE_BYTES ((size_t)64 << 20)

int
journal_create(struct journal *j, int dir_fd)
{
	struct journal_header *header;

	j->len = 0;
	j->fd = memfile_create(dir_fd, FILE_NAME_NEW, 0600);
	if (j->fd < 0)
		return -1;
	j->base = memfile_map(j->fd, RESERVE_BYTES);
	if (!j->base) {
		close(j->fd);
		return -1;
	}
	if (journal_grow(j, 0) < 0)
		return -1;
	header = (struct journal_header *)(void *)j->base;
	memcpy(header->magic, JOURNAL_MAGIC, sizeof(header->magic));
	header->header_size = sizeof(*header);
	header->record_size = sizeof(struct journal_record);
	header->init_start = journal_init_start();
	journal_boot_id(header->boot_id);
	journal_schema(header->schema);
	return 0;
}

int
journal_commit(struct journal *j, int dir_fd)
{
	(void)j;
	if (dir_fd < 0)
		return 0;
	return renameat(dir_fd, FILE_NAME_NEW, dir_fd, FILE_NAME);
}

int
journal_grow(struct journal *j, uint32_t count)
{
	struct journal_header *header;
	size_t need = sizeof(struct journal_header) +
		      (size_t)count * sizeof(struct journal_record);

	if (need > RESERVE_BYTES) {
		errno = ENOMEM;
		return -1;
	}
	if (need > j->len) {
		if (memfile_grow(j->fd, need) < 0)
			return -1;
		j->len = need;
	}
	header = (struct journal_header *)(void *)j->base;
	if (count > header->count)
		header->count = count;
	return 0;
}

struct journal_record *
journal_record(struct journal *j, uint32_t id)
{
	return (struct journal_record *)(void
			       *)(j->base + sizeof(struct journal_header)) +
	       id;
}

uint64_t
journal_name(const struct journal *j, uint32_t id)
{
	const void *records = j->base + sizeof(struct journal_header);

	return ((const struct journal_record *)records)[id].name;
}

/* Which of the two snapshots is the newer one. */
static unsigned
newest(const struct journal_record *record)
{
	return (int32_t)(record->snapshot[0].turn - record->snapshot[1].turn) <
	       0;
}

uint64_t
journal_token(struct journal *j, uint32_t id)
{
	const struct journal_record *record = journal_record(j, id);

	return record->snapshot[newest(record)].token;
}

void
journal_set_token(struct journal *j, uint32_t id, uint64_t token)
{
	struct journal_record *record = journal_record(j, id);

	record->snapshot[newest(record)].token = token;
}

void
journal_save(struct journal *j, uint32_t id, const struct plan_svc *svc,
	uint64_t reason_name, bool is_adopted, bool has_process, uint64_t token)
{
	struct journal_record *record = journal_record(j, id);
	unsigned which = newest(record);
	const struct journal_snapshot *old = &record->snapshot[which];
	struct journal_snapshot *new = &record->snapshot[1 - which];
	struct journal_snapshot next;

	memset(&next, 0, sizeof(next));
	next.turn = old->turn + 1;
	next.pid = has_process ? record->pid : 0;
	next.state = svc->state;
	next.want = svc->want;
	next.fate = svc->fate;
	next.command = svc->command;
	next.has_exit = svc->has_exit;
	next.is_adopted = is_adopted;
	next.failures = svc->failures;
	next.limit_used = svc->limit_used;
	next.part = svc->part;
	next.facts = svc->facts;
	next.is_pulled = svc->is_pulled;
	next.has_been_up = svc->has_been_up;
	next.timer = svc->timer;
	next.restarts = svc->restarts;
	next.starts = svc->starts;
	next.exit_status = svc->exit_status;
	next.reason = svc->reason;
	next.reason_arg = svc->reason_arg;
	next.reason_name = reason_name;
	next.token = token != 0 ? token : old->token;
	next.limit_from_ms = svc->limit_from_ms;
	next.deadline_ms = svc->deadline_ms;
	next.since_boot_ms = svc->since_boot_ms;
	next.up_ms = svc->up_ms;
	next.check = journal_check(&next);
	*new = next;
	/* What follows (a pid forgotten, an answer) must come after it. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

enum journal_verdict
journal_read(struct journal_old *old, int dir_fd, const char **why)
{
	const struct journal_header *header;
	enum journal_verdict verdict = JOURNAL_BAD;
	char boot_id[40];

	old->bytes = NULL;
	*why = NULL;
	if (dir_fd < 0)
		return JOURNAL_NONE;
	old->bytes = memfile_read(dir_fd, FILE_NAME, &old->len, why);
	if (!old->bytes)
		return *why ? JOURNAL_BAD : JOURNAL_NONE;
	header = (const struct journal_header *)(const void *)old->bytes;
	journal_boot_id(boot_id);
	if (old->len < LEAST_HEADER ||
		memcmp(header->magic, JOURNAL_MAGIC, 8) != 0 ||
		memchr(header->schema, '\0', sizeof(header->schema)) == NULL) {
		*why = "it is not a journal";
	} else if (memcmp(header->boot_id, boot_id, sizeof(boot_id)) != 0) {
		*why = "it is of another boot";
		verdict = JOURNAL_STALE;
	} else if (header->init_start != journal_init_start()) {
		*why = "it is of another run of the container";
		verdict = JOURNAL_STALE;
	} else if (header->header_size < LEAST_HEADER ||
		   header->header_size % 8 != 0 ||
		   header->header_size > old->len ||
		   header->record_size % 8 != 0 || header->record_size == 0 ||
		   (old->len - header->header_size) / header->record_size <
			   header->count) {
		*why = "it is truncated";
	} else {
		return JOURNAL_OK;
	}
	journal_old_free(old);
	return verdict;
}

void
journal_old_free(struct journal_old *old)
{
	memfile_free(old->bytes);
	old->bytes = NULL;
}

int
journal_old_end(const struct journal_old *old)
{
	const void *header = old->bytes;

	return (int)((const struct journal_header *)header)->end;
}

void
journal_set_end(struct journal *j, int end, int code)
{
	struct journal_header *header = (void *)j->base;

	header->end_code = (uint32_t)(code + 1);
	header->end = (uint32_t)end;
}

int
journal_old_end_code(const struct journal_old *old)
{
	const void *header = old->bytes;
	uint32_t code = ((const struct journal_header *)header)->end_code;

	return code <= 256 ? (int)code - 1 : -1;
}

void
journal_old_stop(
	const struct journal_old *old, uint64_t *began_ms, uint64_t *drained_ms)
{
	const void *bytes = old->bytes;
	const struct journal_header *header = bytes;
	bool has_them = header->header_size >=
			offsetof(struct journal_header, drained_ms) +
				sizeof(header->drained_ms);

	*began_ms = has_them ? header->stop_began_ms : 0;
	*drained_ms = has_them ? header->drained_ms : 0;
}

void
journal_set_stop(struct journal *j, uint64_t began_ms, uint64_t drained_ms)
{
	struct journal_header *header =
		(struct journal_header *)(void *)j->base;

	/* A drain has begun once both are there. */
	header->drained_ms = drained_ms;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	header->stop_began_ms = began_ms;
}

uint64_t
journal_old_upgrade(const struct journal_old *old)
{
	const void *bytes = old->bytes;
	const struct journal_header *header = bytes;

	return header->header_size < LEAST_HEADER + sizeof(header->upgrade)
		       ? 0
		       : header->upgrade;
}

void
journal_set_upgrade(struct journal *j, uint64_t token)
{
	((struct journal_header *)(void *)j->base)->upgrade = token;
}

bool
journal_old_is_started(const struct journal_old *old)
{
	const void *header = old->bytes;

	return ((const struct journal_header *)header)->is_started != 0;
}

void
journal_set_started(struct journal *j)
{
	((struct journal_header *)(void *)j->base)->is_started = 1;
}

uint32_t
journal_old_count(const struct journal_old *old)
{
	const void *header = old->bytes;

	return ((const struct journal_header *)header)->count;
}

bool
journal_old_record(
	const struct journal_old *old, uint32_t n, struct journal_record *out)
{
	const void *bytes = old->bytes;
	const struct journal_header *header = bytes;

	return journal_decode(header->schema,
		old->bytes + header->header_size +
			(size_t)n * header->record_size,
		header->record_size, out);
}
