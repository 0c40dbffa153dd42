#include "supervisor/backoff.h"

/* splitmix64's finaliser: neighbouring seeds give unrelated numbers. */
static uint64_t
mix(uint64_t n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

uint64_t
backoff_delay_ms(
	const uint32_t *list, uint32_t count, uint32_t failures, uint64_t seed)
{
	uint64_t delay = list[failures < count ? failures : count - 1];

	return delay + delay * (mix(seed) % 101) / 1000;
}

bool
backoff_count(uint16_t *used, uint64_t *from_ms, uint16_t limit,
	uint32_t window_ms, uint64_t now_ms)
{
	if (limit == 0)
		return true;
	if (*used == 0 || (window_ms != 0 && now_ms - *from_ms >= window_ms)) {
		*used = 0;
		*from_ms = now_ms;
	}
	if (*used >= limit)
		return false;
	(*used)++;
	return true;
}
