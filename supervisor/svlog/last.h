/*
 * Last words: for each of a service's last 8 deaths a file `last/N` below its
 * log directory: what is known of the death, a line each, an empty line, and
 * the last whole lines of its log.
 */
#ifndef SUPERVISOR_SVLOG_LAST_H
#define SUPERVISOR_SVLOG_LAST_H

#include <stddef.h>

#define LAST_FILES 8
#define LAST_BYTES 4096 /* of the log */

/*
 * words: NAME=VALUE with blanks between. tail is cut to its last whole lines.
 * The oldest file is replaced. 0, or -1 with errno.
 */
int last_write(int dir_fd, const char *words, size_t words_len,
	const char *tail, size_t tail_len);
/* The same with the end of `current` in dir_fd. */
int last_record(int dir_fd, const char *words, size_t words_len);

#endif
