/*
 * A life in which a promise is broken, made small: steps, edges and
 * definitions are left out for as long as the same promise stays broken, and
 * what is left is printed.
 */
#ifndef TESTS_UNIT_WORLD_SHRINK_H
#define TESTS_UNIT_WORLD_SHRINK_H

#include "tests/unit/world.h"

/* The whole of a life, with its end; world.bad says how it went. */
void world_live(struct world *w, const struct world_life *life);
/* Leaves out of life what is not needed for the complaint of w. */
void world_shrink(struct world *w, struct world_life *life);
/* Services, edges and each event, on standard output. */
void world_print(struct world *w, const struct world_life *life);

#endif
