/*
 * PID 1 without a command: the supervisor is kept alive, told of signals and
 * deaths, and obeyed when it says that all is to end.
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

#include <stdbool.h>

struct kept;
struct options;

/*
 * Ends only with the container or machine. kept->on_machine says which it is;
 * argv is main's own, as fault_setup wants it.
 */
_Noreturn void
boot_run(const struct options *options, struct kept *kept, char **argv);

/*
 * As the next image of init: goes on with what runs. If that has been tried too
 * often, a container ends and a machine gets a rescue shell meanwhile.
 */
_Noreturn void boot_resume(const struct options *options, struct kept *kept,
	const char *program, bool is_last_straw);

#endif
