/*
 * lib/calendar.h: what is read as times, and when they come. Input: a line of
 * `at`; the zone and the moment are picked by it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/calendar.h"
#include "tests/fuzz/fuzz.h"

#define DAY 86400

struct zone {
	int64_t at;
	int32_t before;
	int32_t after;
};

static int32_t
zone_of(void *context, int64_t utc)
{
	const struct zone *zone = context;

	return utc < zone->at ? zone->before : zone->after;
}

static void
check_times(const struct calendar *c)
{
	REQUIRE(c->count <= CALENDAR_MAX);
	for (unsigned i = 0; i < c->count; i++) {
		const struct calendar_time *time = &c->time[i];

		REQUIRE(time->days != 0 && time->days <= 0x7f);
		REQUIRE(time->hour >= -1 && time->hour < 24);
		REQUIRE(time->minute < 60 && time->second < 60);
	}
}

/* It does come, strictly later, and nothing comes between. */
static void
check_next(const struct calendar *c, const char *text, size_t len)
{
	struct zone zone = {
		.at = (int64_t)fuzz_pick(text, len, 4000000000u) - 1000000000,
		.before = (int32_t)fuzz_pick(text, len / 2, 26 * 3600) -
			  12 * 3600};
	int64_t after =
		zone.at + (int64_t)fuzz_pick(text, len, 6 * DAY) - 3 * DAY;
	int64_t next, middle;

	zone.after =
		zone.before + 900 * ((int32_t)fuzz_pick(text, len / 3, 17) - 8);
	next = calendar_next(c, after, zone_of, &zone);
	REQUIRE(next > after && next <= after + 35 * DAY);
	middle = after + (next - after) / 2;
	REQUIRE(calendar_next(c, middle, zone_of, &zone) == next);
	REQUIRE(calendar_next(c, next - 1, zone_of, &zone) == next);
	REQUIRE(calendar_next(c, next, zone_of, &zone) > next);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	size_t len = strlen(text);
	struct calendar c = {.count = 0}, again;
	size_t bad = SIZE_MAX;
	bool is_good = calendar_parse(&c, text, &bad);

	REQUIRE(bad <= len);
	check_times(&c);
	if (is_good) {
		REQUIRE(c.count > 0 && bad == len);
		check_next(&c, text, len);
		/* A second line adds the same again. */
		again = c;
		REQUIRE(calendar_parse(&again, text, &bad) ==
			(c.count <= CALENDAR_MAX / 2));
	}
	free(text);
	return 0;
}
