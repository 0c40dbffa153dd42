/*
 * Called as sv: the command line of runit's, so that its run scripts, and
 * people who know it, need not change.
 */
#ifndef SVCTL_SV_H
#define SVCTL_SV_H

#include <stddef.h>

#include "lib/name.h"

struct svctl;

/*
 * The service that a word of sv's command line means: a name, or a path of a
 * service directory, its log/ included; cwd is what "." stands for. False: no
 * service can have that name.
 */
bool sv_service(const char *word, const char *cwd, char out[NAME_CAP]);

/* The exit status: how many services failed, 100 when nothing was done. */
int sv_run(struct svctl *s, int argc, char **argv);

#endif
