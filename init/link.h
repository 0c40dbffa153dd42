/*
 * init's side of the pair to the supervisor. Both ends stay open for ever, so
 * that messages outlive a supervisor. What the pair does not take waits here
 * (greeting and signals, one each) or as zombies (deaths).
 */
#ifndef INIT_LINK_H
#define INIT_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct handoff_msg;

struct link {
	int fd;		   /* our end, non-blocking */
	int peer_fd;	   /* the supervisor's */
	uint32_t flags;	   /* in every message */
	int deaths;	   /* of supervisors, for RECOVER; 0: FRESH */
	bool has_greeting; /* to be sent before all else */
	bool is_full;	   /* wait until fd can be written */
	uint64_t waiting;  /* bit of each signal to be sent */
};

/* -1 with errno if there can be no pair. */
int link_open(struct link *link, uint32_t flags);

/*
 * In a next image of init: both descriptors are to be closed on exec again. A
 * greeting that may have been sent is looked for. False: they are no pair.
 */
bool link_resume(struct link *link);

/* A supervisor starts, after so many deaths: it is to be told first. */
void link_greet(struct link *link, int deaths);
/* A signal is to be passed on; several of one number may become one. */
void link_signal(struct link *link, int signal);

/* Sends what waits, as far as it goes. */
void link_flush(struct link *link);
/* Sends a death unless something waits; false: do not reap, try later. */
bool link_death(struct link *link, int pid, int status);

/*
 * One message of the supervisor, which stays until it is dropped; false: there
 * is none that can be read.
 */
bool link_peek(struct link *link, struct handoff_msg *out);
void link_drop(struct link *link);

#endif
