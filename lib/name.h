/*
 * Names of services: 1 to 127 of A-Za-z0-9_.:@+-, not beginning with . - @,
 * not ending in .d or .wants. Pure.
 */
#ifndef LIB_NAME_H
#define LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_CAP 128 /* with the NUL */

bool name_is_valid(const char *name, size_t len);

/* Left-over files of editors and package managers, dotfiles: not services. */
bool name_is_ignored(const char *file);

/* FNV-1a, 64 bits: how the journal knows a service again. */
uint64_t name_hash(const char *name);

/*
 * Edit distance (swaps count one) of two words, at most limit + 1: how near a
 * mistyped word is. Words longer than 63 bytes are never near.
 */
unsigned name_distance(const char *a, const char *b, unsigned limit);

/*
 * The distance at which a word may still have been meant by this one: of a
 * short one everything is near.
 */
unsigned name_reach(const char *mistyped);

#endif
