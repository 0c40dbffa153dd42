/*
 * Sleeping on a 32-bit word of shared memory, and waking who sleeps there,
 * also in other processes and by the kernel (CLONE_CHILD_CLEARTID). For words
 * of this process alone there is nothing cheaper here.
 */
#ifndef LIB_FUTEX_H
#define LIB_FUTEX_H

#include <stdint.h>

/*
 * Sleeps while *word is value, until one of bits is woken, for for_ns at
 * most. Returns 0, or -1 with errno as futex(2) has it: EAGAIN
 * (another value), EINTR, ETIMEDOUT. A mapping that is only readable will do.
 */
int futex_wait(const volatile void *word, uint32_t value, uint32_t bits,
	uint64_t for_ns);
/* Wakes at most most of those that sleep with one of bits; how many, or -1. */
long futex_wake(const volatile void *word, uint32_t bits, int most);

#endif
