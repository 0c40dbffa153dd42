/*
 * The journal `state`: what a new supervisor recovers from. A mapped file of
 * our own, 0600: a header that names its fields, and a record a service.
 *
 * A record has single words, each written alone by whoever learns the fact
 * (the kernel writes pid, the child error, the reaper exit), and two snapshots
 * of the plan's view, written in turn and checksummed, so that at every moment
 * one of them is whole. Nothing here needs a lock to be readable.
 *
 * Fields are found by name: the header holds lines "NAME OFFSET SIZE", so that
 * an older or newer supervisor takes what it knows and skips the rest.
 */
#ifndef SUPERVISOR_JOURNAL_H
#define SUPERVISOR_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_MAGIC  "tendjrnl"
#define JOURNAL_EXITED 0x80000000u
/* Of hook_what: its failure does not matter. */
#define JOURNAL_MAY_FAIL 0x10000u
#define JOURNAL_SCHEMA	 1536 /* bytes of field names in the header */

struct plan_svc;

struct journal_header {
	char magic[8];
	uint32_t header_size;
	uint32_t record_size;
	uint32_t count;	     /* records in use or once in use */
	uint32_t end;	     /* enum handoff_end that was asked for, 0: none */
	uint64_t init_start; /* start time of our PID 1, clock ticks */
	uint32_t is_started; /* what starts by itself has been started */
	uint32_t end_code;   /* what a container leaves with, plus 1 */
	char boot_id[40];    /* of this boot, "" unknown */
	char schema[JOURNAL_SCHEMA]; /* "NAME OFFSET SIZE\n"... NUL */
	/* What follows is not in headers of older versions. */
	uint64_t upgrade; /* token of the upgrade that is under way, 0: none */
	uint64_t stop_began_ms; /* CLOCK_MONOTONIC, 0: no end was asked for */
	uint64_t drained_ms;	/* when a drain is over, 0: there is none */
};

/* The plan's view of a service; names are those in the schema. */
struct journal_snapshot {
	uint32_t check; /* FNV-1a of what follows */
	uint32_t turn;	/* the later of two whole ones counts */
	int32_t pid;	/* the process that this view knows of, 0: none */
	uint8_t state;
	uint8_t want;
	uint8_t fate;
	uint8_t command;
	uint8_t has_exit;
	uint8_t is_adopted;
	uint16_t failures;
	uint16_t limit_used;
	uint8_t part;
	uint8_t facts;
	uint32_t restarts;
	uint32_t starts;
	int32_t exit_status;
	uint32_t reason;
	int32_t reason_arg;
	uint8_t is_pulled; /* only others, who need it, started it */
	uint8_t has_been_up;
	uint8_t timer;
	uint8_t unused;
	uint64_t reason_name; /* name_hash() of reason_svc, 0: none */
	uint64_t token;	      /* of the last request that it was named in */
	uint64_t limit_from_ms;
	uint64_t deadline_ms;
	uint64_t since_boot_ms;
	uint64_t up_ms;
};

struct journal_record {
	uint64_t name; /* name_hash(), 0: unused */
	int32_t pid;   /* CLONE_PARENT_SETTID writes it before the child runs */
	uint32_t exit; /* JOURNAL_EXITED | wait status, before it is reaped */
	uint32_t error; /* step << 16 | errno of a child that could not exec */
	uint32_t is_told;   /* its stop signal was sent */
	uint64_t before_ms; /* CLOCK_BOOTTIME before the clone ... */
	uint64_t after_ms;  /* ... and after it, 0 while it is under way */
	/* The same of the command around it that runs, if any. */
	int32_t hook_pid;
	uint32_t hook_end;  /* as exit, or the child's error */
	uint32_t hook_what; /* JOURNAL_MAY_FAIL | enum def_part << 8 | which */
	uint32_t hook_took_ms; /* after - before + 1, 0: its clone goes on */
	uint64_t hook_before_ms;
	struct journal_snapshot snapshot[2];
};

struct journal {
	unsigned char *base; /* the mapping */
	size_t len;	     /* of the file, so far */
	int fd;
};

/*
 * A new, empty journal. dir_fd -1: in memory only. Returns 0, or -1 with
 * errno. journal_commit() puts it in the place of the old one.
 */
int journal_create(struct journal *j, int dir_fd);
int journal_commit(struct journal *j, int dir_fd);
/* Room for ids below count. 0, or -1 with errno. */
int journal_grow(struct journal *j, uint32_t count);
struct journal_record *journal_record(struct journal *j, uint32_t id);
uint64_t journal_name(const struct journal *j, uint32_t id);

/* The plan's view of svc; the older snapshot is overwritten. token 0: as it
 * was. */
void journal_save(struct journal *j, uint32_t id, const struct plan_svc *svc,
	uint64_t reason_name, bool is_adopted, bool has_process,
	uint64_t token);
/* The token of the newest snapshot, 0: none. */
uint64_t journal_token(struct journal *j, uint32_t id);
/* That of a record which was taken over and has no snapshot yet. */
void journal_set_token(struct journal *j, uint32_t id, uint64_t token);

/* An old journal, read into memory as it is. */
struct journal_old {
	unsigned char *bytes; /* malloc'd */
	size_t len;
};

enum journal_verdict {
	JOURNAL_OK,
	JOURNAL_NONE,  /* there is no such file */
	JOURNAL_STALE, /* of another boot or PID 1: all it tells of is gone */
	JOURNAL_BAD    /* damaged or not ours */
};

/*
 * Reads the journal in dir_fd. *why (static text) says what is wrong with a
 * stale or bad one, else NULL.
 */
enum journal_verdict
journal_read(struct journal_old *old, int dir_fd, const char **why);
void journal_old_free(struct journal_old *old);
/* The end that was asked for before it died, 0: none. */
int journal_old_end(const struct journal_old *old);
/* code: the exit status of the container, -1 unknown. */
void journal_set_end(struct journal *j, int end, int code);
int journal_old_end_code(const struct journal_old *old);
/* When the end was asked for, and until when it is drained before; 0: not. */
void journal_old_stop(const struct journal_old *old, uint64_t *began_ms,
	uint64_t *drained_ms);
void
journal_set_stop(struct journal *j, uint64_t began_ms, uint64_t drained_ms);
/* The token of an upgrade that it did not come back from, 0: none. */
uint64_t journal_old_upgrade(const struct journal_old *old);
void journal_set_upgrade(struct journal *j, uint64_t token);
/* Whether it died only after it had started what starts by itself. */
bool journal_old_is_started(const struct journal_old *old);
void journal_set_started(struct journal *j);
uint32_t journal_old_count(const struct journal_old *old);
/*
 * The n-th record in today's layout, both snapshots reduced to the whole and
 * newer one in snapshot[0]. False: unused, or neither snapshot is whole (then
 * out->name is set).
 */
bool journal_old_record(
	const struct journal_old *old, uint32_t n, struct journal_record *out);

#endif
