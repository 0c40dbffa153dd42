/*
 * The parts of logger that see files and make the process.
 */
#ifndef SUPERVISOR_LOGGER_START_H
#define SUPERVISOR_LOGGER_START_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct supervisor;

#define LOGGER_SETTINGS "logs"
/* Exit status of a child that did not get the lock. */
#define LOGGER_LOCKED 75

/* TEND_SVLOG, or the one beside us, or the compiled-in one. */
bool logger_find_program(struct supervisor *sv);
/* The process that has the lock, 0: none. */
pid_t logger_lock_holder(const struct supervisor *sv);
/* Its pid, or -1 with errno. */
pid_t logger_start(struct supervisor *sv);
/* The text of `logs`, malloc'd; NULL: no memory. */
char *logger_settings(const struct supervisor *sv, const char *lines,
	size_t len, size_t *text_len);
/* 0, or -1 with errno. */
int logger_write_settings(struct supervisor *sv, const char *text, size_t len);

#endif
