/*
 * Milliseconds of CLOCK_MONOTONIC, for deadlines.
 */
#ifndef INIT_CLOCK_H
#define INIT_CLOCK_H

#include <stdint.h>

uint64_t clock_ms(void);
/* Milliseconds until deadline_ms, 0 if it is over, at most an hour. */
int clock_left_ms(uint64_t deadline_ms);

#endif
