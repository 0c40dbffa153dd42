#include "lib/calendar.h"

#include <string.h>

#define DAY	86400
#define ALL	0x7fu
#define MONDAY	2u
#define NO_TIME UINT8_MAX

/* From one first of a month to the next, and what zones may add. */
#define DAYS_MOST 34
/* Zones may turn the order of two moments around, but not by so much. */
#define DAYS_MORE 2

/* --- reading ---------------------------------------------------------------
 */

struct reader {
	struct calendar *c;
	const char *text;
	size_t at;
	uint8_t days; /* of what is being read */
	bool has_days;
	bool has_time; /* a time came after the days */
};

static bool
is_end(char c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == ',';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
add(struct reader *r, struct calendar_time time)
{
	if (r->c->count == CALENDAR_MAX)
		return false;
	r->c->time[r->c->count++] = time;
	return true;
}

/* A day's name from *at on, moved behind it; 7: none. */
static unsigned
take_day(const char *text, size_t *at)
{
	static const char *const names[] = {"sunday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday"};

	for (unsigned day = 0; day < 7; day++) {
		size_t len = 0;

		while (names[day][len] != '\0' &&
			lower(text[*at + len]) == names[day][len])
			len++;
		if (len != 3 && names[day][len] != '\0')
			continue;
		*at += len;
		return day;
	}
	return 7;
}

static bool
take_days(struct reader *r)
{
	unsigned first = take_day(r->text, &r->at);
	unsigned last = first;

	if (first == 7)
		return false;
	if (r->text[r->at] == '-') {
		r->at++;
		last = take_day(r->text, &r->at);
	}
	if (last == 7 || !is_end(r->text[r->at]))
		return false;
	if (r->has_time || !r->has_days)
		r->days = 0;
	r->has_days = true;
	r->has_time = false;
	/* Fri-Mon goes over the end of the week. */
	for (unsigned day = first;; day = (day + 1) % 7) {
		r->days = (uint8_t)(r->days | 1u << day);
		if (day == last)
			return true;
	}
}

static bool
take_keyword(struct reader *r)
{
	static const struct {
		const char *word;
		struct calendar_time time;
	} words[] = {{"hourly", {ALL, false, -1, 0, 0}},
		{"daily", {ALL, false, 0, 0, 0}},
		{"weekly", {MONDAY, false, 0, 0, 0}},
		{"monthly", {ALL, true, 0, 0, 0}}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(r->text + r->at, words[i].word, len) != 0 ||
			!is_end(r->text[r->at + len]))
			continue;
		if (r->has_days && !r->has_time)
			return false;
		r->has_days = false;
		r->days = ALL;
		if (!add(r, words[i].time))
			return false;
		r->at += len;
		return true;
	}
	return false;
}

/* One or two digits, up to most; NO_TIME: none. */
static uint8_t
take_number(struct reader *r, unsigned least_digits, unsigned most)
{
	unsigned n = 0;
	unsigned digits = 0;

	for (; digits < 2 && r->text[r->at] >= '0' && r->text[r->at] <= '9';
		digits++)
		n = n * 10 + (unsigned)(r->text[r->at++] - '0');
	return digits < least_digits || n > most ? NO_TIME : (uint8_t)n;
}

static bool
take_time(struct reader *r)
{
	struct calendar_time time = {.days = r->days, .hour = -1};
	uint8_t hour = 0;

	if (r->text[r->at] == '*') {
		r->at++;
	} else {
		hour = take_number(r, 1, 23);
		time.hour = (int8_t)hour;
	}
	if (hour == NO_TIME || r->text[r->at] != ':')
		return false;
	r->at++;
	time.minute = take_number(r, 2, 59);
	if (r->text[r->at] == ':') {
		r->at++;
		time.second = take_number(r, 2, 59);
	}
	if (time.minute == NO_TIME || time.second == NO_TIME ||
		!is_end(r->text[r->at]))
		return false;
	r->has_time = true;
	return add(r, time);
}

static bool
take_word(struct reader *r)
{
	size_t begin = r->at;

	if (take_keyword(r))
		return true;
	r->at = begin;
	if (take_days(r))
		return true;
	r->at = begin;
	return take_time(r);
}

bool
calendar_parse(struct calendar *c, const char *text, size_t *bad)
{
	struct reader r = {.c = c, .text = text, .days = ALL};
	unsigned count = c->count;

	for (;;) {
		for (; is_end(text[r.at]) && text[r.at] != '\0'; r.at++)
			if (text[r.at] == ',' && (r.has_time || !r.has_days)) {
				r.has_days = false;
				r.has_time = false;
				r.days = ALL;
			}
		*bad = r.at;
		if (text[r.at] == '\0')
			/* Days want a time. */
			return c->count > count && (!r.has_days || r.has_time);
		if (!take_word(&r))
			return false;
	}
}

/* --- reckoning -------------------------------------------------------------
 */

struct search {
	calendar_zone *zone;
	void *context;
	int64_t after;
	int64_t best;
};

static int64_t
floor_day(int64_t seconds)
{
	return seconds / DAY - (seconds % DAY < 0);
}

/* Whether a day, counted from 1970-01-01, is the first of its month. */
static bool
is_first_of_month(int64_t day)
{
	/* Years that begin with March, so that the odd day is their last. */
	int64_t since = day + 719468;
	int64_t era = since / 146097 - (since % 146097 < 0);
	int64_t in_era = since - era * 146097;
	int64_t year =
		(in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
		365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;

	return in_year == (153 * month + 2) / 5;
}

static bool
is_on(const struct calendar_time *time, int64_t day)
{
	int64_t weekday = (day + 4) % 7; /* the first was a Thursday */

	if (weekday < 0)
		weekday += 7;
	return (time->days >> weekday & 1u) != 0 &&
	       (!time->is_first || is_first_of_month(day));
}

/* The moment between two at which the zone is another one than at low. */
static int64_t
find_jump(const struct search *s, int64_t low, int64_t high)
{
	int32_t before = s->zone(s->context, low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (s->zone(s->context, middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* When the local clock shows that: once, twice, or never but jumps over it. */
static unsigned
find_moments(const struct search *s, int64_t local, int64_t moment[2])
{
	int32_t before = s->zone(s->context, local - DAY);
	int32_t after = s->zone(s->context, local + DAY);
	unsigned count = 0;
	int64_t low, high;

	moment[0] = local - before;
	if (before == after)
		return 1;
	if (s->zone(s->context, local - before) == before)
		count++;
	if (s->zone(s->context, local - after) == after)
		moment[count++] = local - after;
	if (count > 0)
		return count;
	low = local - (before > after ? before : after);
	high = local - (before > after ? after : before);
	moment[0] = find_jump(s, low, high);
	return 1;
}

static void
look_at(struct search *s, const struct calendar_time *time, int64_t local)
{
	int64_t moment[2];
	unsigned count = find_moments(s, local, moment);

	/* The first coming is the earlier one: the clock was put back. */
	if (time->hour >= 0)
		count = 1;
	for (unsigned i = 0; i < count; i++)
		if (moment[i] > s->after && moment[i] < s->best)
			s->best = moment[i];
}

static void
look_at_day(struct search *s, const struct calendar_time *time, int64_t day)
{
	int first = time->hour < 0 ? 0 : time->hour;
	int last = time->hour < 0 ? 23 : time->hour;

	for (int hour = first; hour <= last; hour++)
		look_at(s, time,
			day * DAY + hour * 3600 + time->minute * 60 +
				time->second);
}

int64_t
calendar_next(const struct calendar *c, int64_t after, calendar_zone *zone,
	void *context)
{
	struct search s = {.zone = zone,
		.context = context,
		.after = after,
		.best = CALENDAR_NEVER};
	int64_t day;
	int left = DAYS_MOST;

	if (after > CALENDAR_REACH || after < -CALENDAR_REACH)
		return CALENDAR_NEVER;
	day = floor_day(after + zone(context, after)) - 1;
	for (; left > 0; left--, day++) {
		for (unsigned i = 0; i < c->count; i++)
			if (is_on(&c->time[i], day))
				look_at_day(&s, &c->time[i], day);
		if (s.best != CALENDAR_NEVER && left > DAYS_MORE)
			left = DAYS_MORE + 1;
	}
	return s.best;
}
