/*
 * `init -- COMMAND`: one command as the only child of init.
 */
#ifndef INIT_WRAP_H
#define INIT_WRAP_H

#include <stdbool.h>

struct kept;
struct options;

/*
 * Runs options->command with the signal mask and dispositions of kept->start,
 * passes every signal on to it, reaps whatever falls to init, and leaves with
 * the command's exit status, 128 + N for signal N, 127 if there is no such
 * command and 126 if it cannot be executed.
 */
_Noreturn void wrap_run(const struct options *options, struct kept *kept);

/*
 * As the next image of init: goes on with the command that runs. If that has
 * been tried too often, everything is ended in order.
 */
_Noreturn void wrap_resume(
	const struct options *options, struct kept *kept, bool is_last_straw);

#endif
