/*
 * Called as svlogd: the command line and the file DIR/config of runit's, as
 * far as they mean something here.
 */
#ifndef SUPERVISOR_SVLOG_SVLOGD_H
#define SUPERVISOR_SVLOG_SVLOGD_H

#include <stdbool.h>

struct options;

/* By the name that a program was started under. */
bool svlogd_is_meant(const char *argv0);

/* -1: go on; otherwise the exit status, and the reason was said. */
int svlogd_parse(struct options *options, int argc, char **argv);

#endif
