/*
 * RUN/tell: what the supervisor tells, lines of at most 512 bytes:
 *
 *   open NAME           its pipes have been made
 *   close NAME          it is no service any more
 *   death NAME WORDS    it has died; WORDS is what is known of that
 */
#ifndef SUPERVISOR_SVLOG_TELL_H
#define SUPERVISOR_SVLOG_TELL_H

#include <stddef.h>

struct streams;

struct tell {
	int fd; /* -1: there is none */
	size_t len;
	char line[512];
};

void tell_open(struct tell *tell, int run_fd);
/* Does what the lines say that are there. */
void tell_read(struct tell *tell, struct streams *streams);

#endif
