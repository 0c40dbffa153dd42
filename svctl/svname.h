/*
 * The words of sv's command line that name services. Pure.
 */
#ifndef SVCTL_SVNAME_H
#define SVCTL_SVNAME_H

#include <stdbool.h>

#include "lib/name.h"

/*
 * The service that a word means: a name, or a path of a service directory, its
 * log/ included; cwd is what "." stands for. False: no service can have that
 * name.
 */
bool svname_find(const char *word, const char *cwd, char out[NAME_CAP]);

#endif
