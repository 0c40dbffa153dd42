/*
 * What survives a svlog that is killed: bytes taken from a pipe and not yet in
 * a file, in a shared mapping of RUN/svlog.state (docs/decisions/016). The
 * kernel itself notes how many it took: splice(2) stores the offset up to
 * which it has filled the file into a word of the mapping.
 *
 * A step says what is under way. There are two, and a word that tells which of
 * them holds: storing that word is the commit.
 */
#ifndef SUPERVISOR_SVLOG_SPOOL_H
#define SUPERVISOR_SVLOG_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/name.h"
#include "supervisor/svlog/entries.h"

struct spool_mail;

#define SPOOL_IN       (256u << 10)	     /* bytes read at most at once */
#define SPOOL_IN_FIRST (16u << 10)	     /* before a read has filled that */
#define SPOOL_PUT      (64u << 10)	     /* bytes put there at most */
#define SPOOL_OUT      (2 * SPOOL_IN + 4096) /* lines for a file, at once */
#define SPOOL_SINK     (4u << 20)	     /* lines for stdout or syslog */
#define SPOOL_FEED     (256u << 10)	     /* lines for a service */
/* Services; two carries of ENTRIES_LINE_MAX are address space of each. */
#define SPOOL_LOGS (sizeof(void *) > 4 ? 10240u : 1024u)

/* Sinks: stdout, syslog, and services that others log to, from there on. */
#define SPOOL_SINKS (sizeof(void *) > 4 ? 256u : 32u)
enum {
	SINK_STDOUT,
	SINK_SYSLOG,
	SINK_FEED, /* in a step: that of the log, spool_step.feed */
	SINK_KINDS
};

struct spool_step {
	uint32_t log;
	uint32_t stream; /* 0 or 1 */
	uint32_t in_at;	 /* of the bytes read, the first that is in no line */
	uint32_t carry_len;
	uint32_t out_len; /* lines that are being written; 0: none */
	uint32_t feed;	  /* number of the sink that is SINK_FEED; 0: none */
	uint32_t sink_len[SINK_KINDS]; /* bytes of each, written or not */
	uint64_t dev; /* of the file that they are written to */
	uint64_t ino;
	uint64_t off;	    /* where they begin in it */
	uint64_t kmsg_next; /* sequence number that comes next; 0: any */
	uint32_t mail_at;   /* datagrams of the mail that are in lines */
};

struct spool_slot {
	char name[NAME_CAP]; /* "": free */
	uint32_t carry_len[2];
	uint32_t line_max; /* of its entry, for who finishes its lines */
	uint32_t keep;
	uint32_t to;
	uint32_t feed; /* number of its sink; 0: it logs to no service */
	uint64_t size;
	uint32_t has_err;
	/* There may be lines in .next: of its own directory or, 2, of that in
	 * the run-time root. */
	uint32_t turned;
};

/* Bytes for a destination that is no file; sink.h. */
struct spool_sink {
	char name[NAME_CAP]; /* of the service */
	uint32_t len;	     /* unless the step has it */
	uint32_t cap;	     /* bytes that have their memory */
	uint64_t at;	     /* of them, written */
};

struct spool_head {
	char magic[8];
	uint32_t size; /* of this struct */
	uint32_t which;
	uint32_t slot_count;  /* slots that were ever used */
	uint32_t sink_count;  /* sinks that were ever used */
	uint32_t syslog_kind; /* enum logaddr_kind of where syslog is */
	uint32_t in_cap;      /* bytes of in that have their memory */
	int64_t in_end;	      /* offset in the file, stored by the kernel */
	char boot[40];	      /* for which kmsg_next is meant */
	struct spool_step steps[2];
};

struct spool {
	int fd; /* -1: this memory is private and dies with us */
	bool is_spliced;
	struct spool_head *head;
	struct spool_slot *slots; /* SPOOL_LOGS */
	char *in;
	char *out;		  /* 2 * in_cap */
	struct spool_sink *sinks; /* SPOOL_SINKS */
	char *sink_bytes;
	char *carries;
	struct spool_mail *mail; /* see mail.h */
};

/*
 * RUN/svlog.state as it is, or made anew if it is no such file. 0, or -1 with
 * errno; then spool_private() will do.
 */
int spool_open(struct spool *spool, int run_fd);
int spool_private(struct spool *spool);

const struct spool_step *spool_step(const struct spool *spool);
void spool_commit(struct spool *spool, const struct spool_step *step);

/* Bytes that were read and are in no line yet. */
const char *spool_rest(const struct spool *spool, size_t *len);
/*
 * Takes at most SPOOL_IN and `most` bytes from fd for a stream; there must be
 * no rest. As read(2): how many, 0, or -1 with errno.
 */
ssize_t spool_read(struct spool *spool, int fd, uint32_t log, uint32_t stream,
	size_t most);

/*
 * The first len bytes of `in`, which the caller has put there, are what comes
 * next of the first stream of a log, from the same moment on as what mark says
 * of mail_at and kmsg_next. There must be no rest.
 */
void spool_put(struct spool *spool, const struct spool_step *mark, uint32_t log,
	size_t len);

/* SPOOL_PUT bytes of `in`, and the mail: 0, or -1 with errno. */
int spool_put_make(struct spool *spool);

/* The first n slots get their memory: 0, or -1 with errno. */
int spool_slots_make(struct spool *spool, uint32_t n);

/* The step is one of that stream from now on. */
void spool_select(const struct spool *spool, struct spool_step *step,
	uint32_t log, uint32_t stream);

/* The first n sinks get their place, and `cap` bytes of one their memory. */
int spool_sinks_make(struct spool *spool, uint32_t n);
char *spool_sink(const struct spool *spool, uint32_t k);
int spool_sink_make(struct spool *spool, uint32_t k, uint32_t cap);
/* Gives the memory of an empty one back. */
void spool_sink_drop(struct spool *spool, uint32_t k);

/* ENTRIES_LINE_MAX bytes. */
char *spool_carry(const struct spool *spool, uint32_t log, uint32_t stream);
/* Memory for it: 0, or -1 with errno. */
int spool_carry_make(
	const struct spool *spool, uint32_t log, uint32_t stream, size_t len);
/* Gives that back. */
void spool_carry_drop(const struct spool *spool, uint32_t log, uint32_t stream);

#endif
