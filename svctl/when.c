#include "svctl/when.h"

#include <string.h>

#include "lib/duration.h"
#include "lib/fmt.h"

#define SECOND 1000000ll
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
month_days(int64_t year, int64_t month)
{
	static const char days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970 to the first day of a year from 1970 on. */
static int64_t
year_start(int64_t year)
{
	int64_t before = year - 1;

	return 365 * (year - 1970) + before / 4 - before / 100 + before / 400 -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

/* --- reading ------------------------------------------------------------- */

/* Takes exactly count digits from *at on. */
static bool
take_digits(const char **at, const char *end, unsigned count, int64_t *out)
{
	*out = 0;
	if ((size_t)(end - *at) < count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		char c = *(*at)++;

		if (c < '0' || c > '9')
			return false;
		*out = *out * 10 + (c - '0');
	}
	return true;
}

static bool
take_char(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	(*at)++;
	return true;
}

/* separator is 0 for none. */
static bool
take_date(const char **at, const char *end, char separator, int64_t *us)
{
	int64_t year, month, day, days;

	if (!take_digits(at, end, 4, &year) ||
		(separator && !take_char(at, end, separator)) ||
		!take_digits(at, end, 2, &month) ||
		(separator && !take_char(at, end, separator)) ||
		!take_digits(at, end, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
		day > month_days(year, month))
		return false;
	days = year_start(year) + day - 1;
	for (int64_t m = 1; m < month; m++)
		days += month_days(year, m);
	*us = days * DAY;
	return true;
}

/* One to six digits; what is beyond a microsecond is left out. */
static bool
take_fraction(const char **at, const char *end, int64_t *us)
{
	int64_t unit = SECOND;
	const char *from = *at;

	*us = 0;
	while (*at < end && **at >= '0' && **at <= '9') {
		unit /= 10;
		*us += (*(*at)++ - '0') * unit;
	}
	return *at > from;
}

/* HH:MM, HH:MM:SS, HH:MM:SS.FRACTION; a leap second is the next one. */
static bool
take_clock(const char **at, const char *end, int64_t *us)
{
	int64_t hour, minute, second = 0, fraction = 0;

	if (!take_digits(at, end, 2, &hour) || !take_char(at, end, ':') ||
		!take_digits(at, end, 2, &minute))
		return false;
	if (take_char(at, end, ':')) {
		if (!take_digits(at, end, 2, &second))
			return false;
		if (take_char(at, end, '.') &&
			!take_fraction(at, end, &fraction))
			return false;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*us = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
	return true;
}

/* Z, +01:00, -0530 or nothing; *us is how far it is east. */
static bool
take_zone(const char **at, const char *end, int64_t *us)
{
	bool is_west;
	int64_t hour, minute;

	*us = 0;
	if (*at == end || take_char(at, end, 'Z'))
		return true;
	is_west = **at == '-';
	if (!is_west && **at != '+')
		return false;
	(*at)++;
	if (!take_digits(at, end, 2, &hour))
		return false;
	(void)take_char(at, end, ':');
	if (!take_digits(at, end, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*us = hour * HOUR + minute * MINUTE;
	if (is_west)
		*us = -*us;
	return true;
}

static bool
parse_date(const char *text, int64_t *us)
{
	const char *at = text, *end = text + strlen(text);
	int64_t clock, zone;

	if (!take_date(&at, end, '-', us))
		return false;
	if (at == end)
		return true;
	if (!take_char(&at, end, 'T') && !take_char(&at, end, ' '))
		return false;
	if (!take_clock(&at, end, &clock) || !take_zone(&at, end, &zone) ||
		at != end)
		return false;
	*us += clock - zone;
	return true;
}

static bool
parse_ago(const char *text, int64_t now_us, int64_t *us)
{
	static const char ago[] = " ago";
	size_t len = strlen(text);
	uint32_t ms;

	if (*text == '-') {
		text++;
		len--;
	} else if (len > sizeof(ago) - 1 &&
		   !strcmp(text + len - (sizeof(ago) - 1), ago)) {
		len -= sizeof(ago) - 1;
	} else {
		return false;
	}
	if (*text < '0' || *text > '9' || !duration_parse(text, len, &ms))
		return false;
	*us = now_us - (int64_t)ms * 1000;
	return true;
}

static bool
parse_any(const char *text, int64_t now_us, int64_t *us)
{
	const char *at = text, *end = text + strlen(text);
	int64_t today = now_us - now_us % DAY;

	if (!strcmp(text, "now")) {
		*us = now_us;
	} else if (!strcmp(text, "today")) {
		*us = today;
	} else if (!strcmp(text, "yesterday")) {
		*us = today - DAY;
	} else if (take_clock(&at, end, us) && at == end) {
		*us += today;
	} else {
		return parse_ago(text, now_us, us) || parse_date(text, us);
	}
	return true;
}

bool
when_parse(const char *text, int64_t now_us, int64_t *us)
{
	int64_t found;

	if (!parse_any(text, now_us, &found))
		return false;
	if (found < 0)
		found = 0;
	*us = found < WHEN_LAST ? found : WHEN_LAST;
	return true;
}

bool
when_read_stamp(const char *bytes, size_t len, int64_t *us)
{
	const char *at = bytes, *end = bytes + WHEN_STAMP;
	int64_t date, clock;

	if (len < WHEN_STAMP || bytes[10] != 'T' || bytes[16] != ':' ||
		bytes[19] != '.' || bytes[26] != 'Z' ||
		!take_date(&at, end, '-', &date))
		return false;
	at++;
	if (!take_clock(&at, end, &clock) || at != end - 1)
		return false;
	*us = date + clock;
	return true;
}

bool
when_read_compact(const char *bytes, size_t len, int64_t *us)
{
	const char *at = bytes, *end = bytes + WHEN_COMPACT;
	int64_t hour, minute, second, fraction;

	if (len < WHEN_COMPACT || !take_date(&at, end, 0, us) ||
		!take_char(&at, end, 'T') || !take_digits(&at, end, 2, &hour) ||
		!take_digits(&at, end, 2, &minute) ||
		!take_digits(&at, end, 2, &second) ||
		!take_char(&at, end, '.') ||
		!take_digits(&at, end, 6, &fraction) ||
		!take_char(&at, end, 'Z'))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*us += hour * HOUR + minute * MINUTE + second * SECOND + fraction;
	return true;
}

/* --- writing ------------------------------------------------------------- */

void
when_put_stamp(struct fmt *f, int64_t us)
{
	int64_t days = us / DAY, rest = us % DAY;
	int64_t year = 1970 + days / 366, month = 1;

	while (year_start(year + 1) <= days)
		year++;
	days -= year_start(year);
	while (days >= month_days(year, month))
		days -= month_days(year, month++);
	fmt_padded(f, (uint64_t)year, 4);
	fmt_char(f, '-');
	fmt_padded(f, (uint64_t)month, 2);
	fmt_char(f, '-');
	fmt_padded(f, (uint64_t)days + 1, 2);
	fmt_char(f, 'T');
	fmt_padded(f, (uint64_t)(rest / HOUR), 2);
	fmt_char(f, ':');
	fmt_padded(f, (uint64_t)(rest / MINUTE % 60), 2);
	fmt_char(f, ':');
	fmt_padded(f, (uint64_t)(rest / SECOND % 60), 2);
	fmt_char(f, '.');
	fmt_padded(f, (uint64_t)(rest % SECOND), 6);
	fmt_char(f, 'Z');
}
