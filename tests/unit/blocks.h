/*
 * How much code has run, exactly the same each time: the compiler has the
 * modules under test count the basic blocks that they enter.
 */
#ifndef TESTS_UNIT_BLOCKS_H
#define TESTS_UNIT_BLOCKS_H

#include <stdint.h>

extern uint64_t blocks_run;

#endif
