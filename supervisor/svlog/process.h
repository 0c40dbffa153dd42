/*
 * Processors: a command that reads a finished file and writes another in its
 * place. One runs at a time; a few wait. One that fails leaves the file as it
 * was.
 */
#ifndef SUPERVISOR_SVLOG_PROCESS_H
#define SUPERVISOR_SVLOG_PROCESS_H

#include <stdint.h>

/*
 * name is that of the finished file, words the command line, as in a
 * definition. dir_fd is duplicated.
 */
void process_add(int dir_fd, const char *name, const char *words);
/* A child may have ended: takes its result, starts the next. */
void process_look(void);
/* Waits until all have ended, for that long at most. */
void process_finish(uint32_t ms);

#endif
