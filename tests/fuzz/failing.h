/*
 * For targets that the Makefile links with --wrap=malloc and so on: any
 * allocation of the tested modules may be made to fail.
 */
#ifndef TESTS_FUZZ_FAILING_H
#define TESTS_FUZZ_FAILING_H

#include <stdint.h>

#define FAILING_NONE UINT32_MAX

/* Counts from 0; the allocation with this number will fail. */
void failing_begin(uint32_t number);
/* How many there have been since; none will fail from here on. */
uint32_t failing_end(void);

#endif
