/*
 * Messages between init and the supervisor over one SOCK_SEQPACKET pair, a
 * datagram each. init keeps both ends: what a dead supervisor has not read
 * waits for the next one. Native byte order, HANDOFF_SIZE bytes. Pure.
 */
#ifndef LIB_HANDOFF_H
#define LIB_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDOFF_VERSION	 1u
#define HANDOFF_SIZE	 256u
#define HANDOFF_TEXT_CAP 236u

/* Numbers are never reused; unknown ones are skipped by the reader. */
enum handoff_type {
	/* init to supervisor */
	HANDOFF_FRESH = 1,   /* nothing of ours runs: forget the journal */
	HANDOFF_RECOVER = 2, /* a = supervisors that died: adopt */
	HANDOFF_SIGNAL = 3,  /* a = a signal that init got */
	HANDOFF_DEATH = 4,   /* a = pid, b = wait status, of init's child */
	/* supervisor to init */
	HANDOFF_SERVING = 16, /* start-up is over */
	HANDOFF_FINISH = 17,  /* a = enum handoff_end, b = exit code, text */
	/* it executes another program in its place, and will be SERVING again
	 * within a ms; else it is to be ended, and the last one that served
	 * started */
	HANDOFF_UPGRADE = 18,
	HANDOFF_UPGRADE_INIT = 19 /* init is to execute its own program anew */
};

enum handoff_end {
	END_POWEROFF = 1,
	END_REBOOT = 2,
	END_HALT = 3,
	END_KEXEC = 4,
	END_SWITCH_ROOT = 5, /* text is the path */
	END_EXIT = 6	     /* b is the exit status of the container */
};

/*
 * What systemd takes for the end, RTMIN+3 to +5, and engines send to images of
 * it. By their numbers: RTMIN is the C library's, and musl's is another than
 * that of those who send them.
 */
#define HANDOFF_RT_HALT	    37
#define HANDOFF_RT_POWEROFF 38
#define HANDOFF_RT_REBOOT   39

/* handoff_msg.flags, in every message of init */
#define HANDOFF_CONTAINER 1u /* else a machine */

/* In FINISH: what is left is to get KILL, without TERM and time before it. */
#define HANDOFF_AT_ONCE 2u

struct handoff_msg {
	uint32_t type;
	uint32_t flags;
	int32_t a;
	int32_t b;
	char text[HANDOFF_TEXT_CAP]; /* NUL-terminated */
};

void
handoff_encode(const struct handoff_msg *msg, unsigned char out[HANDOFF_SIZE]);
/* False: wrong size, another version, no NUL in text. Then skip it. */
bool
handoff_decode(const unsigned char *bytes, size_t len, struct handoff_msg *out);

#endif
