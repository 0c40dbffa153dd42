/*
 * init executes what lies at its own path now. A program that dies at once
 * would take PID 1 along, so it has to say its version first, in a child.
 */
#ifndef INIT_UPGRADE_H
#define INIT_UPGRADE_H

#include <stdbool.h>

/* Looks for the program and asks it; program is argv[0]. */
void upgrade_begin(const char *program);
/*
 * Reaps the child if it is dead, and executes the program if the answer was
 * right. False: there is no child, or it is not dead.
 */
bool upgrade_reap(void);
/* Milliseconds until upgrade_check has something to do; -1: never. */
int upgrade_left_ms(void);
/* Kills a child that does not answer. */
void upgrade_check(void);

#endif
