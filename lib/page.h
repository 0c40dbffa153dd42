/*
 * The status page of tend-status(7): a shared memory file, written by the
 * supervisor alone, mapped read-only by everybody else. Native byte order and
 * natural alignment; every size is in the header, so that entries may grow.
 * Readers trust nothing: any bytes are safe to read with this module. Pure.
 *
 * Reading an entry: read seq; if odd, try again; copy; read seq again; equal
 * means the copy is whole. Names, strings and the index change only while
 * generation is odd, and a reader looks them up again when it has changed.
 *
 * Waiting: read turn, look at what you wait for, then FUTEX_WAIT_BITSET on
 * turn for at most 1 s with page_entry_bit() or PAGE_RESULT_BIT, and look
 * again. A wake-up is a hint: a stranger may steal it.
 */
#ifndef LIB_PAGE_H
#define LIB_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_MAGIC	"tendpage"
#define PAGE_VERSION	1u
#define PAGE_NONE	UINT32_MAX
#define PAGE_RESULTS	4096u
#define PAGE_EVENTS	1024u
#define PAGE_RESULT_BIT 0x80000000u

/* page_header.flags */
#define PAGE_UNDER_INIT 1u /* the supervisor was started by our init */
#define PAGE_CONTAINER	2u
#define PAGE_FINISHING	4u /* everything is being stopped */
#define PAGE_SERVING	8u /* start-up is over, requests are read */
/* What runs is looked for, and not in the journal yet. */
#define PAGE_SALVAGING 16u

/* The end was asked for, and is put off while no new work is to come. */
#define PAGE_DRAINING 32u
/* What starts by itself has not all been looked at, by whatever supervisor. */
#define PAGE_STARTING 64u

/* page_entry.flags */
#define PAGE_READY     1u
#define PAGE_SETTLED   2u /* what is wanted has been reached or given up */
#define PAGE_AUTOSTART 4u
#define PAGE_HAS_EXIT  8u    /* exit_status is that of its last process */
#define PAGE_ADOPTED   16u   /* taken over from an earlier supervisor */
#define PAGE_RELOADS   32u   /* has a reload signal */
#define PAGE_GONE      64u   /* its definition was removed; it is stopping */
#define PAGE_USED      128u  /* the entry is in use */
#define PAGE_RELOADING 256u  /* it said so, and not yet that it is done */
#define PAGE_LEAVING   512u  /* it said that it stops by itself */
#define PAGE_UNWELL    1024u /* its last health check failed */
#define PAGE_ESSENTIAL 2048u

/* A status text with its NUL. */
#define PAGE_STATUS_CAP 128u

struct page_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t entry_size;
	uint32_t result_size;
	uint32_t event_size;
	uint32_t flags;
	uint64_t total_bytes;
	uint32_t generation; /* odd while names are being changed */
	uint32_t count;	     /* ids are 0 to count - 1, some unused */
	uint32_t index_len;  /* names: ids sorted by name (strcmp) */
	uint32_t result_cap;
	uint32_t event_cap;
	uint32_t turn; /* futex word: changes with each publish */
	uint64_t entries_off;
	uint64_t index_off; /* uint32_t each */
	uint64_t strings_off;
	uint64_t strings_len;
	uint64_t results_off;
	uint64_t events_off;
	uint64_t result_count; /* ever posted; slot is count % result_cap */
	uint64_t event_count;
	int32_t supervisor_pid;
	uint32_t dropped_requests; /* broken lines in the FIFO */
	uint64_t supervisor_start; /* field 22 of /proc/PID/stat, 0 unknown */
	uint64_t started_boot_ms;  /* CLOCK_BOOTTIME of this supervisor */
	uint32_t adopted;	   /* services it took over */
	uint32_t dead_supervisors; /* crashes it recovered from */
	uint64_t run;		   /* of this boot and this PID 1 */
	uint32_t served;	   /* supervisors that have begun to serve */
	uint32_t unused;
	/* Offset in the strings of pairs OTHER-NAME NAME, both with a NUL, and
	 * an empty string at their end; 0: there are none. */
	uint64_t aliases;
	uint64_t reserved[1];
};

struct page_entry {
	uint32_t seq; /* odd while being written */
	uint8_t state;
	uint8_t want;
	uint8_t type;
	uint8_t enabled;
	uint32_t flags;
	int32_t pid;	     /* 0: none */
	uint32_t restarts;   /* automatic ones since somebody started it */
	int32_t exit_status; /* as wait(2) gives it; see PAGE_HAS_EXIT */
	uint32_t reason;     /* enum reason */
	int32_t reason_arg;
	uint32_t reason_svc; /* an id, PAGE_NONE for none */
	uint32_t name_off;   /* offsets into the strings; 0 is "" */
	uint32_t text_off;   /* for REASON_DEFINITION */
	uint32_t source_off; /* the definition's file */
	uint32_t description_off;
	uint32_t starts;	   /* processes made so far */
	uint64_t since_boot_ms;	   /* CLOCK_BOOTTIME of entering the state */
	uint64_t deadline_mono_ms; /* CLOCK_MONOTONIC, 0: none */
	uint32_t status_off;	   /* PAGE_STATUS_CAP bytes, written with seq */
	uint32_t unused;
	uint64_t next_run_ms; /* CLOCK_REALTIME of its next run, 0: none */
};

/* A slot is whole when number is the same before and after copying. */
struct page_result {
	uint64_t number; /* of this result, from 1; 0 while being written */
	uint64_t token;
	int32_t code;	 /* an exit status of svctl(1) */
	uint32_t svc;	 /* the id the request was about, or PAGE_NONE */
	uint32_t detail; /* enum page_detail */
	uint32_t reserved;
};

/* What a result says beyond its code. Numbers are never reused. */
enum page_detail {
	PAGE_ACCEPTED = 0,
	PAGE_ALREADY = 1,     /* nothing had to change */
	PAGE_UNKNOWN = 2,     /* no such service */
	PAGE_BAD_REQUEST = 3, /* verb, token or arguments */
	PAGE_IS_INVALID = 4,  /* the definition has an error */
	PAGE_IS_MASKED = 5,
	PAGE_NOT_RUNNING = 6,	 /* nothing to signal */
	PAGE_NO_RELOAD = 7,	 /* neither reload-command nor reload-signal */
	PAGE_IS_FINISHING = 8,	 /* everything is being stopped */
	PAGE_NO_INIT = 9,	 /* no init to turn the machine off */
	PAGE_FAILED = 10,	 /* a system call failed; see the log */
	PAGE_STILL_RUNNING = 11, /* an old process may still run */
	PAGE_INTERRUPTED = 12,	 /* the supervisor died over it; done or not */
	PAGE_NOT_SERVING = 13,	 /* an upgrade whose program did not serve */
	PAGE_RELOAD_FAILED = 14	 /* its reload-command, or it ended meanwhile */
};

struct page_event {
	uint64_t number; /* from 1; 0 while being written */
	uint64_t boot_ms;
	uint32_t svc;
	uint8_t from;
	uint8_t to;
	uint8_t want;
	uint8_t unused;
	uint32_t reason;
	int32_t reason_arg;
};

/* A page as a reader sees it. base is borrowed. */
struct page_view {
	const unsigned char *base;
	size_t len; /* bytes that may be read */
};

/* The page is one that this version can read and lies within view->len. */
bool page_is_valid(const struct page_view *view);
/* A copy of the header; fields are checked against view->len. */
bool page_header_read(const struct page_view *view, struct page_header *out);
/* False: no such id, not in use, or its writer died in the middle. */
bool page_entry_read(
	const struct page_view *view, uint32_t id, struct page_entry *out);
/* The id of a name, PAGE_NONE if there is none. */
uint32_t page_find(const struct page_view *view, const char *name);
/* The same for a name that a service provides beside its own. */
uint32_t page_find_any(const struct page_view *view, const char *name);
/* The position-th id in the order of names, PAGE_NONE past the end. */
uint32_t page_sorted(const struct page_view *view, uint32_t position);
/* The NUL-terminated string at offset, "" if it is not within the page. */
const char *page_string(const struct page_view *view, uint32_t offset);
/*
 * The text that the service last said about itself, "" if it has said none.
 * False: as page_entry_read(), whose copy of the entry is filled in too.
 */
bool page_status_read(const struct page_view *view, uint32_t id,
	struct page_entry *entry, char out[PAGE_STATUS_CAP]);
/* The newest result for token. */
bool page_result_find(
	const struct page_view *view, uint64_t token, struct page_result *out);
bool page_event_read(
	const struct page_view *view, uint64_t number, struct page_event *out);
/* The bit that a waiter for this entry sleeps with. */
uint32_t page_entry_bit(uint32_t id);

/* Offsets and sizes of a page for count entries; the writer's side. */
void page_layout(struct page_header *out, uint32_t count, uint64_t strings_len);

#endif
