/*
 * `init -- COMMAND`: one command as the only child of init.
 */
#ifndef INIT_WRAP_H
#define INIT_WRAP_H

struct options;
struct signals;

/*
 * Runs options->command with the signal mask and dispositions of start, passes
 * every signal on to it, reaps whatever falls to init, and leaves with the
 * command's exit status, 128 + N for signal N, 127 if there is no such command
 * and 126 if it cannot be executed.
 */
_Noreturn void
wrap_run(const struct options *options, const struct signals *start);

#endif
