/*
 * What the writers of `logs` write, so that it can be made again, and what
 * they note of it in a file that all of them share: a writer that is killed
 * cannot say any more how far it came.
 */
#ifndef TORTURE_SCRAWL_H
#define TORTURE_SCRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SCRAWL_SERVICES 200
#define SCRAWL_RUNS	2048	     /* of a service */
#define SCRAWL_PIECE	(128u << 10) /* bytes of one write at most */

/* From one start of a writer to its end; [0] stdout, [1] stderr. */
struct scrawl_run {
	uint32_t written[2]; /* bytes that write(2) has told of */
	uint32_t trying[2];  /* so many more may have been taken */
};

struct scrawl_note {
	pid_t pid;	/* of the last one to begin */
	uint32_t count; /* of runs */
	struct scrawl_run runs[SCRAWL_RUNS];
};

struct scrawl_notes {
	uint32_t seed;
	bool is_calm; /* who would exit stays */
	bool is_over; /* nobody writes any more */
	struct scrawl_note services[SCRAWL_SERVICES];
};

/* DIR/notes; NULL with errno. */
struct scrawl_notes *scrawl_open(const char *dir, bool is_new);

/* The bytes of one stream of one run, piece by piece. */
struct scrawl {
	uint64_t state;
	uint32_t service;
	uint32_t run;
	uint32_t stream;
	bool is_begun;
};

void scrawl_begin(struct scrawl *s, uint32_t seed, uint32_t service,
	uint32_t run, uint32_t stream);
/* The next piece, one that no other run begins with first; its length. */
size_t scrawl_piece(struct scrawl *s, char out[SCRAWL_PIECE]);
/* The first piece of a run. */
size_t scrawl_header(
	char *out, size_t cap, uint32_t service, uint32_t run, uint32_t stream);

uint64_t scrawl_random(uint64_t *state);

#endif
