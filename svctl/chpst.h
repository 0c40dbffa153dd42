/*
 * Called as chpst: changes what a process is given, then becomes a program.
 * The options are those of runit's, which run scripts use.
 */
#ifndef SVCTL_CHPST_H
#define SVCTL_CHPST_H

/* Only returns with an exit status: 100 for usage, 111 for what failed. */
int chpst_run(int argc, char **argv);

#endif
