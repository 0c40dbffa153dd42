/*
 * PID 1 without a command: the supervisor is kept alive, told of signals and
 * deaths, and obeyed when it says that all is to end.
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

#include <stdbool.h>

struct options;

/* program is argv[0]. Ends only with the container or machine. */
_Noreturn void
boot_run(const struct options *options, const char *program, bool on_machine);

#endif
