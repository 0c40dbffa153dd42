/*
 * Names of services: 1 to 127 of A-Za-z0-9_.:@+-, not beginning with . - @,
 * not ending in .d or .wants. What comes behind @ is an instance of the
 * template that ends with it: it does not begin with - or ., and has no ..
 * between its dashes. Pure.
 */
#ifndef LIB_NAME_H
#define LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_CAP 128 /* with the NUL */
/* Behind the name of a run directory: the service that is its log/run. */
#define NAME_LOGGER ":log"

bool name_is_valid(const char *name, size_t len);

/* "getty@" of "getty@tty1". False: it is no instance. */
bool name_template(const char *name, char out[NAME_CAP]);
/* "web" of "web:log". False: its name is none of a logger. */
bool name_logged(const char *name, char out[NAME_CAP]);

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
