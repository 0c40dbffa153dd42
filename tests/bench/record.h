/*
 * What a started program writes into the FIFO of the benchmark, by one write.
 */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdint.h>

struct record {
	int64_t started_ns; /* CLOCK_MONOTONIC at main */
	int64_t pid;
};

#endif
