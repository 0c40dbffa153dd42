/*
 * What the command line and the environment of the supervisor say of services,
 * as it has noted it in its run-time root.
 */
#ifndef SVCTL_GIVEN_H
#define SVCTL_GIVEN_H

struct svctl;
struct load;

/*
 * Definitions that load reads are as the supervisor would have them, if it is
 * that of the same config root. What is read stays until we end.
 */
void given_add(struct svctl *s, struct load *load);

#endif
