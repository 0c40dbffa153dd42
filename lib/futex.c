#include "lib/futex.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* From <linux/futex.h>, which musl-gcc does not find. */
#define WAIT_BITSET 9
#define WAKE_BITSET 10

#define NS 1000000000u

/*
 * The kernel's timespec of this call, which is not the C library's where
 * time_t has 64 bits and a long 32. Two longs last for 68 years after the
 * boot; newer 32-bit machines have no such call, but only that of 64 bits.
 */
#ifdef SYS_futex
#define FUTEX SYS_futex
typedef long kernel_time;
#else
#define FUTEX SYS_futex_time64
typedef int64_t kernel_time;
#endif

int
futex_wait(const volatile void *word, uint32_t value, uint32_t bits,
	uint64_t for_ns)
{
	struct timespec now;
	kernel_time until[2];

	/* This one takes the time when to give up, not how long. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	for_ns += (uint64_t)now.tv_nsec;
	until[0] = (kernel_time)now.tv_sec + (kernel_time)(for_ns / NS);
	until[1] = (kernel_time)(for_ns % NS);
	return (int)syscall(FUTEX, word, WAIT_BITSET, value, until, NULL, bits);
}

long
futex_wake(const volatile void *word, uint32_t bits, int most)
{
	return syscall(FUTEX, word, WAKE_BITSET, most, NULL, NULL, bits);
}
