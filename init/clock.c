#include "init/clock.h"

#include <time.h>

#define HOUR_MS 3600000

uint64_t
clock_ms(void)
{
	struct timespec now = {0, 0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int
clock_left_ms(uint64_t deadline_ms)
{
	uint64_t now_ms = clock_ms();

	if (now_ms >= deadline_ms)
		return 0;
	return deadline_ms - now_ms < HOUR_MS ? (int)(deadline_ms - now_ms)
					      : HOUR_MS;
}
