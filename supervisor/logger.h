/*
 * svlog, the process that reads what services write. It is no service: nobody
 * can stop it, it is started with the first pipe, again when it dies, and ends
 * after all services. Who it is, a lock on `svlog.lock` tells, which it gets
 * before its exec; so a new supervisor finds it without a journal.
 */
#ifndef SUPERVISOR_LOGGER_H
#define SUPERVISOR_LOGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct supervisor;

struct logger {
	pid_t pid;	  /* 0: it does not run */
	int pidfd;	  /* of an adopted one, else -1 */
	int tell_fd;	  /* the FIFO `tell`, -1: there is no svlog */
	unsigned deaths;  /* in a row: the place in the list of delays */
	uint64_t from_ms; /* when it was last started */
	uint64_t next_ms; /* when it is to be started, or killed; 0: not */
	uint64_t hash;	  /* of `logs` as it was last written */
	bool is_needed;	  /* there is a pipe */
	bool is_stopping;
	bool is_renewed; /* it is to end and be started at once */
	bool is_told;	 /* lines wait to be written to `tell` */
};

/* Finds the program. 0, or -1: services write their log files themselves. */
int logger_open(struct supervisor *sv);
/* There is a pipe to be read: from the next turn on it runs. */
void logger_need(struct supervisor *sv);
/* The file `logs`: settings of all services, as build_add_log makes them. */
void logger_configure(struct supervisor *sv, const char *lines, size_t len);

/* Lines to it, written at the end of the turn; see svlog(8). */
void logger_tell_open(struct supervisor *sv, const char *name);
void logger_tell_close(struct supervisor *sv, const char *name);
/* words: what is known of the death of a process of that service. */
void
logger_tell_death(struct supervisor *sv, const char *name, const char *words);

/* A child has died that is no service: perhaps it was svlog. */
void logger_died(struct supervisor *sv, pid_t pid, int status);
/* The pidfd of an adopted one can be read. */
void logger_ended(struct supervisor *sv);
/* Once a turn: what is due. */
void logger_turn(struct supervisor *sv);
/* Milliseconds until then, -1: nothing is. */
int logger_wait_ms(const struct supervisor *sv);
/* All services have ended. True: so has svlog, and nothing waits for it. */
bool logger_is_finished(struct supervisor *sv);
/* Its files in the run-time root, at the end. */
void logger_remove(struct supervisor *sv);

#endif
