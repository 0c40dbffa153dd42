/*
 * Every time and count that init goes by, with its unit and reason.
 */
#ifndef INIT_LIMITS_H
#define INIT_LIMITS_H

/* A supervisor that dies this often within the window is given up. */
#define LIMIT_DEATHS	       5
#define LIMIT_DEATHS_WINDOW_MS 60000u
/* Faults of init itself, likewise. */
#define LIMIT_FAULTS	       3
#define LIMIT_FAULTS_WINDOW_MS 60000u
/* Before going on while a rescue shell runs because of faults: if each attempt
 * leads to the next one, the shell must still have the processor. */
#define LIMIT_FAULT_PAUSE_MS 1000u
/* Between two tries to fork when no process could be made. */
#define LIMIT_FORK_RETRY_MS 1000u
/* Least time from one rescue shell to the next: one that ends at once (no
 * console, no shell) must not make a busy loop. */
#define LIMIT_RESCUE_MS 5000u

/* INT and TERM that come this fast end everything without the supervisor: a
 * hand at Ctrl-Alt-Del makes 7 in 2 s, no manager of containers does. */
#define LIMIT_FORCE	      7
#define LIMIT_FORCE_WINDOW_MS 2000u

/* From TERM to KILL for what the supervisor did not stop: strays, log-ins. The
 * 10 s that managers of containers grant must hold this and the next. */
#define LIMIT_TERM_MS 5000u
/* For what was killed to go; what is stuck in the kernel never does. */
#define LIMIT_KILL_MS 2000u
/* For sync; a disk that does not answer must not keep a machine on. */
#define LIMIT_SYNC_MS 10000u

/* Messages of the supervisor taken in one turn, so that a mad one cannot keep
 * init from its signals and children. */
#define LIMIT_MESSAGES 64
/* Signals, likewise: queued ones can be many. */
#define LIMIT_SIGNALS 64

/* For a supervisor that executes another program, if it does not say, and at
 * most: it must not keep init from the one that works. */
#define LIMIT_SERVE_MS	   5000u
#define LIMIT_SERVE_MAX_MS 600000u
/* For a new program of init to say its version. */
#define LIMIT_PROBE_MS 5000u

/* Before more orphans are reaped where several had died at once; so much later
 * the end of a command among them is seen. */
#define LIMIT_CROWD_NS 100000

/* Exit status of a container whose supervisor or init was given up. */
#define LIMIT_GIVEN_UP_STATUS 111

#endif
