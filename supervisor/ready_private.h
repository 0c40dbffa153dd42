/*
 * Watchers: a place for each service of which more than its exec is watched,
 * with at most one descriptor and one deadline each. ready.c says what they do.
 */
#ifndef SUPERVISOR_READY_PRIVATE_H
#define SUPERVISOR_READY_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/reason.h"
#include "supervisor/spec.h"
#include "supervisor/vigil.h"

struct supervisor;

enum doing {
	DOING_NOTHING,
	DOING_FIFO,    /* waits for the newline of `ready = fd:N` */
	DOING_CONNECT, /* a socket is being connected */
	DOING_ASK,     /* an answer is awaited */
	DOING_COMMAND  /* the end of a command is */
};

struct watcher {
	struct vigil vigil;
	uint32_t svc;	     /* PLAN_NONE: not in use */
	uint32_t next;	     /* of those not in use */
	int32_t fd;	     /* -1: none */
	int32_t watch;	     /* of the directory that is watched, -1: none */
	uint16_t turn;	     /* tells descriptors of different times apart */
	uint8_t doing;	     /* enum doing */
	uint8_t kind;	     /* enum probe_kind, of the present form */
	bool is_second;	     /* the look is at the other address */
	bool is_execed;	     /* it runs its program, and `kind` counts */
	bool has_said_ready; /* perhaps before that was noticed */
	bool is_reloading;   /* it said so */
	bool is_leaving;     /* the same */
};

/* The plan is told that it is. */
void ready_say(struct supervisor *sv, struct watcher *w);
/* The same, if it is up, of what has failed it. */
void ready_say_unhealthy(struct supervisor *sv, const struct watcher *w,
	enum reason reason, uint32_t arg);

#define WATCHER_FILE_CAP (NAME_CAP + sizeof(SPEC_READY))

/* NULL: it has none. */
struct watcher *watcher_find(const struct supervisor *sv, uint32_t id);
/* Its own, with nothing in it, or a new one. NULL: no memory; logged. */
struct watcher *watcher_get(struct supervisor *sv, uint32_t id);
void watcher_drop(struct supervisor *sv, uint32_t id);

/* The deadline of its vigil is the one that counts. */
void watcher_arm(const struct watcher *w);
/* One that is due, and no longer armed; NULL: none. */
struct watcher *watcher_due(uint64_t now_ms);

/* The end of a look; nothing else changes. */
void watcher_close(struct supervisor *sv, struct watcher *w);
/* That, and whatever else it waits for. */
void watcher_stop(struct supervisor *sv, struct watcher *w);
/* The loop tells when w->fd is ready. False: it cannot. */
bool watcher_wait(struct supervisor *sv, struct watcher *w, bool for_output);
/* False: so many look that this one has been put off. */
bool watcher_may_look(struct watcher *w, uint64_t now_ms);

/* False with errno: it is not there. */
bool
watcher_open_fifo(struct supervisor *sv, struct watcher *w, const char *file);
void watcher_name_fifo(
	const struct supervisor *sv, uint32_t id, char out[WATCHER_FILE_CAP]);

/* What the loop calls it by, and back; NULL: that one is over. */
uint32_t watcher_word(const struct watcher *w);
struct watcher *watcher_of(uint32_t word);

#endif
