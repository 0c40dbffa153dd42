/*
 * All that svlog knows while it runs, and the way of a line through it:
 *
 *   pipe -> spool (in) -> split -> spool (out) -> file
 *                              \-> spool (sink) -> stdout, syslog, a service
 *
 * The main thread reads and writes; worker.h has what is slow.
 */
#ifndef SUPERVISOR_SVLOG_SVLOG_H
#define SUPERVISOR_SVLOG_SVLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/svlog/entries.h"
#include "supervisor/svlog/file.h"
#include "supervisor/svlog/relay.h"
#include "supervisor/svlog/split.h"
#include "supervisor/svlog/spool.h"
#include "supervisor/svlog/stamp.h"
#include "supervisor/svlog/worker.h"

#define SVLOG_FLUSH_MS 2000 /* of a partial line */
#define SVLOG_DRAIN_MS 1000 /* for stdout, before a pipe is closed */
/* For the worker, when it has too much to do; then things go on without it. */
#define SVLOG_LATE_MS 200
/* A clock that goes back by less than that stands still instead. */
#define SVLOG_BACK_S 2
#define SVLOG_NEVER  UINT64_MAX

/* Ids of descriptors in the loop; streams have those below. */
#define SVLOG_ID_FEED	  0x80000000u /* and the number of its sink */
#define SVLOG_ID_RELAY	  (UINT32_MAX - 16)
#define SVLOG_ID_RESOLVED (UINT32_MAX - 17)

/* A service; log N and slot N of the spool belong together. */
struct log {
	const char *name; /* in its slot; NULL: free */
	size_t name_len;
	struct entry entry; /* without its borrowed words */
	char processor[WORKER_PROCESSOR];
	struct file file;
	int pipe_fd[2]; /* -1: not open; stdout and stderr */
	uint64_t pipe_ino[2];
	uint64_t flush_ms[2];	/* when the carry is flushed; SVLOG_NEVER */
	uint32_t carry_room[2]; /* bytes that have their memory */
	int64_t own_s;		/* when its own directory was last tried */
	bool is_full;		/* it is to be finished, and is not yet */
	uint64_t dropped[SINK_KINDS]; /* lines that a sink did not take */
	bool is_ready[2];	      /* there may be more in the pipe */
	bool is_large[2];	      /* the pipe has been enlarged */
};

/* Standard output; its bytes are in the spool's sink. */
struct outlet {
	int fd; /* -1: nothing goes there */
	enum split_shape shape;
	bool is_json;	 /* whatever RUN/logs says */
	bool is_blocked; /* waits until it is writable */
	bool is_socket;
	bool may_block; /* a write to it can: PIPE_BUF at a time */
};

/* The standard input of a service that others log to; feed.c. */
struct feed {
	int fd; /* its FIFO + 1; 0: not open */
	uint64_t ino;
	uint64_t tried_ms; /* when it was last to be opened and was not there */
	bool is_blocked;
};

struct svlog {
	struct spool spool;
	struct log *logs;
	uint32_t count; /* of logs, free ones included */
	struct stamp now;
	int64_t last_us;  /* that it shows */
	bool is_draining; /* what is left is written, whatever the worker does
			   */
	bool was_filled;  /* by the last read: there was more than it took */
	uint64_t next_ms; /* nothing is due before; SVLOG_NEVER */
	struct file_base base;
	struct file_base fallback; /* while base cannot be written */
	uint64_t fallback_size;	   /* bytes of a file there */
	struct outlet out;
	struct relay relay;
	struct feed *feeds;   /* SPOOL_SINKS, by number of the sink */
	int run_fd;	      /* of a service: the run-time root */
	int epoll_fd;	      /* what ids in svlog.h are told by */
	uint64_t patience_ms; /* what waiting for sinks may still take */
};

/* Reads the clock for the lines to come. */
void svlog_clock(struct svlog *s);
uint64_t svlog_ms(void);
/* Until what is due next: a time-out of poll(2), -1: nothing is. */
int svlog_wait_ms(const struct svlog *s);
/* Something is due then. */
void svlog_due(struct svlog *s, uint64_t ms);

enum pump {
	PUMP_EMPTY,  /* nothing more for now */
	PUMP_MORE,   /* perhaps */
	PUMP_BLOCKED /* not read: a sink takes nothing, or the disk is slow */
};

/* One read from fd, and its lines. */
enum pump pump_read(struct svlog *s, uint32_t n, uint32_t stream, int fd);
/* Whether what comes for a log has to wait for stdout. */
bool pump_is_blocked(struct svlog *s, uint32_t n);
/* Whole lines that the caller has put into the spool; see spool_put(). */
void pump_put(
	struct svlog *s, const struct spool_step *mark, uint32_t n, size_t len);
/* What is left of a line goes out as it is. */
void pump_flush(struct svlog *s, uint32_t n, uint32_t stream);
/* Finishes what a killed svlog had begun. */
void pump_recover(struct svlog *s);

/* Room in the file for whole lines; rotates. 0: it cannot be written. */
size_t store_room(struct svlog *s, struct log *log);
/* The lines of the spool's step, from the byte `from`; drops what it must. */
void store_lines(struct svlog *s, struct log *log, size_t from);
/* The notice of what was lost, if there is room by now. */
void store_tell(struct svlog *s, struct log *log);
/* Finishes the file if it is as old as it may be; that notice, too. */
void store_age(struct svlog *s, struct log *log);
/* Finishes the file now, if it holds anything; not while the worker is behind.
 */
void store_rotate(struct svlog *s, struct log *log);
/* It cannot be finished yet and is so large that nothing more is written. */
bool store_is_behind(const struct svlog *s, const struct log *log);
/* Opens its file anew with the next line. */
void store_reopen(struct svlog *s, struct log *log);
/* The same for good. */
void store_close(struct svlog *s, struct log *log);
/* What a svlog that was killed had not given a name. */
void store_adopt(struct svlog *s, struct log *log);
/* Counts what could not be written; the notice comes as soon as it can. */
void
store_lost(struct svlog *s, struct log *log, const char *lines, size_t len);

/* Standard output. */
void outlet_open(struct outlet *out, bool is_json);
/* Writes what it takes; false: there is some left. */
bool outlet_drain(struct svlog *s);

/* Services that others log to. Opens RUN/pipe/NAME,in, unless it is open. */
void feed_open(struct svlog *s, uint32_t k);
/* Whether it is, after a look now and then. */
bool feed_is_open(struct svlog *s, uint32_t k);
/* Opens it by name, if any log goes there. */
void feed_open_named(struct svlog *s, const char *name, size_t len);
/* Writes what it takes; false: there is some left. */
bool feed_drain(struct svlog *s, uint32_t k);

/* Where lines go beside a file. Whether there is any such place. */
bool dest_is_any(const struct svlog *s, const struct log *log);
/* Writes what it can; false: one takes nothing, and is to be waited for. */
bool dest_drain(struct svlog *s, uint32_t n);
/* The same, waiting as long as patience lasts. */
bool dest_finish(struct svlog *s, uint32_t n);
/* Lines to all of them, in a step that is yet to be committed. */
void dest_add(struct svlog *s, struct log *log, const struct split *split,
	const struct split_text *text, size_t lines, struct spool_step *step);

/* A log of that slot, nothing of it open. */
void svlog_begin(struct svlog *s, uint32_t n, struct file_base *base);

/* The signals that both modes take, blocked from now on; a descriptor. */
int svlog_signals(void);

/* The two modes; exit status. */
struct options;
int filter_run(struct svlog *s, const struct options *options);
int service_run(struct svlog *s, const struct options *options);

#endif
