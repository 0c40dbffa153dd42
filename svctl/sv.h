/*
 * Called as sv: the command line of runit's, so that its run scripts, and
 * people who know it, need not change.
 */
#ifndef SVCTL_SV_H
#define SVCTL_SV_H

struct svctl;

/* The exit status: how many services failed, 100 when nothing was done. */
int sv_run(struct svctl *s, int argc, char **argv);

#endif
