#include "lib/duration.h"

#include <string.h>

#include "lib/fmt.h"

struct unit {
	char name[4];
	uint32_t ms;
};

static const struct unit units[] = {
	{"ms", 1},
	{"s", 1000},
	{"min", 60 * 1000},
	{"h", 60 * 60 * 1000},
	{"d", 24 * 60 * 60 * 1000},
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Digits to n, moving *at. False: none, or more than DURATION_MAX_MS, which no
 * unit could make valid.
 */
static bool
take_number(const char *text, size_t len, size_t *at, uint64_t *n)
{
	size_t begin = *at;

	*n = 0;
	for (; *at < len && is_digit(text[*at]); (*at)++) {
		*n = *n * 10 + (uint64_t)(text[*at] - '0');
		if (*n > DURATION_MAX_MS)
			return false;
	}
	return *at > begin;
}

/*
 * ".25" to 250. What is less than a millisecond counts as one: rounded to
 * nothing, it would turn into "no limit".
 */
static bool
take_fraction(const char *text, size_t len, size_t *at, uint32_t *ms)
{
	uint32_t weight = 100;
	bool has_rest = false;
	size_t begin = ++*at;

	*ms = 0;
	for (; *at < len && is_digit(text[*at]); (*at)++) {
		*ms += (uint32_t)(text[*at] - '0') * weight;
		has_rest = has_rest || (weight == 0 && text[*at] != '0');
		weight /= 10;
	}
	*ms += has_rest;
	return *at > begin;
}

/* 0: the text at *at begins no unit. */
static uint32_t
take_unit(const char *text, size_t len, size_t *at)
{
	size_t end = *at;

	while (end < len && text[end] >= 'a' && text[end] <= 'z')
		end++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == end - *at &&
			memcmp(units[i].name, text + *at, end - *at) == 0) {
			*at = end;
			return units[i].ms;
		}
	}
	return 0;
}

bool
duration_parse(const char *text, size_t len, uint32_t *ms)
{
	uint64_t sum = 0;
	size_t at = 0;

	if (len == 8 && memcmp(text, "infinity", 8) == 0) {
		*ms = DURATION_NONE;
		return true;
	}
	do {
		bool is_first = at == 0;
		bool has_fraction = false;
		uint32_t fraction = 0, unit;
		uint64_t n;

		if (!take_number(text, len, &at, &n))
			return false;
		if (at < len && text[at] == '.') {
			has_fraction = true;
			if (!take_fraction(text, len, &at, &fraction))
				return false;
		}
		if (at == len && is_first)
			unit = 1000;
		else
			unit = take_unit(text, len, &at);
		if (unit == 0 || (has_fraction && unit != 1000))
			return false;
		sum += n * unit + fraction;
		if (sum > DURATION_MAX_MS)
			return false;
	} while (at < len);
	*ms = (uint32_t)sum;
	return true;
}

static void
format_pair(struct fmt *out, uint64_t big, const char *big_unit, uint64_t small,
	const char *small_unit)
{
	fmt_u64(out, big);
	fmt_str(out, big_unit);
	if (small > 0) {
		fmt_char(out, ' ');
		fmt_u64(out, small);
		fmt_str(out, small_unit);
	}
}

void
duration_format(struct fmt *out, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (ms < 1000) {
		fmt_u64(out, ms);
		fmt_str(out, " ms");
	} else if (s < 60) {
		fmt_u64(out, s);
		if (ms % 1000 >= 100) {
			fmt_char(out, '.');
			fmt_u64(out, ms % 1000 / 100);
		}
		fmt_str(out, " s");
	} else if (s < 60 * 60) {
		format_pair(out, s / 60, " min", s % 60, " s");
	} else if (s < 24 * 60 * 60) {
		format_pair(out, s / 3600, " h", s % 3600 / 60, " min");
	} else {
		format_pair(out, s / 86400, " d", s % 86400 / 3600, " h");
	}
}
