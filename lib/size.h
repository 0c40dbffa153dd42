/*
 * Sizes as definitions and options spell them: a number of bytes, or one with
 * K, M, G or T (powers of 1,024; a B after it is allowed). 0 and "infinity"
 * mean no limit and are both 0. Pure.
 */
#ifndef LIB_SIZE_H
#define LIB_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt;

/* False for anything else, and for what does not fit into 63 bits. */
bool size_parse(const char *text, size_t len, uint64_t *bytes);
/* "512", "64K", "10M": the largest unit that divides it; "infinity" for 0. */
void size_format(struct fmt *out, uint64_t bytes);

#endif
