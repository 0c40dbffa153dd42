/*
 * Signal dispositions, all of them: a C library's sigaction() keeps a few
 * numbers for itself, and what was inherited as ignored would stay so in every
 * service.
 */
#ifndef LIB_DISPOSITIONS_H
#define LIB_DISPOSITIONS_H

/* Every signal to its default action. */
void dispositions_reset(void);

#endif
