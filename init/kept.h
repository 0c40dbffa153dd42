/*
 * What outlives an image of init: PID 1 executes its program anew after a fault
 * or for an upgrade, and the next image goes on from here. All that init has to
 * know about the world is in this one struct, and system calls write into it
 * themselves (pids, statuses, signals): so whatever instruction faults, nothing
 * is known that is not in it. Pure.
 *
 * As text it is KEY=HEX[.HEX...] joined by commas, zeros left out. Unknown keys
 * are skipped, so that versions may differ; keys are never reused.
 */
#ifndef INIT_KEPT_H
#define INIT_KEPT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/burst.h"
#include "init/finish.h"
#include "init/link.h"
#include "init/signals.h"

/* Enough for every field at its longest. */
#define KEPT_TEXT_CAP 2048

enum kept_mode {
	KEPT_NONE = 0, /* nothing was begun that has to go on */
	KEPT_WRAP = 1,
	KEPT_BOOT = 2
};

struct kept {
	uint32_t mode;
	int program_fd;	   /* O_PATH, of init itself; 0: none */
	pid_t pid;	   /* of the command or supervisor; 0: none */
	siginfo_t got;	   /* signal being handled; si_signo 0: none */
	int fault;	   /* signal of it, for the next image; 0: no fault */
	uint64_t fault_at; /* its address */
	struct burst faults;
	struct finish finish; /* if begun */

	/* wrap */
	struct signals start;
	siginfo_t dead;	  /* last one reaped; si_pid 0: none */
	pid_t tty_pgrp;	  /* had the terminal before; -1: not ours to give */
	uint64_t unheard; /* bit of each signal that is not passed on once */

	/* boot */
	bool on_machine;
	bool is_rescue;	      /* rescue shell, and no supervisor is started */
	pid_t rescue_pid;     /* 0: none */
	uint64_t start_at_ms; /* not before: the next process */
	uint64_t rescued_ms;  /* when the last rescue shell was started */
	int deaths;	      /* of supervisors */
	struct burst dying;
	struct burst forcing; /* INT and TERM */
	uint64_t stops; /* bit of each signal passed on that may mean one */
	struct link link;
	/* programs of supervisors: init/served.h */
	int good_fd;	      /* O_PATH, of the last one that served; 0: none */
	bool is_serving;      /* the present one has said so */
	bool is_good_next;    /* good_fd is to be started, not the path */
	uint64_t serve_by_ms; /* it is killed then unless it serves; 0: none */
};

struct fmt;

void kept_encode(const struct kept *kept, struct fmt *out);
/* False: no such text, or one that cannot be true; *kept is then undefined. */
bool kept_decode(struct kept *kept, const char *text);

#endif
