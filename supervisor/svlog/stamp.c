#include "supervisor/svlog/stamp.h"

#include <string.h>

#define DAY 86400

static const char shape[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";

static void
put(char *at, unsigned width, uint32_t n)
{
	for (; width > 0; width--, n /= 10)
		at[width - 1] = (char)('0' + n % 10);
}

/* Years begin in March here, so that a leap day is the last day of one. */
static void
put_date(char *text, uint32_t days)
{
	uint32_t since = days + 719468; /* since 0000-03-01 */
	uint32_t era = since / 146097;
	uint32_t of_era = since % 146097;
	uint32_t year =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153;

	year += era * 400 + (month >= 10);
	put(text, 4, year);
	put(text + 5, 2, month < 10 ? month + 3 : month - 9);
	put(text + 8, 2, of_year - (153 * month + 2) / 5 + 1);
}

void
stamp_set(struct stamp *stamp, int64_t second, uint32_t microsecond)
{
	const int64_t last = INT64_C(253402300799); /* of the year 9999 */

	if (second < 0)
		second = 0;
	if (second > last)
		second = last;
	if (!stamp->is_set || stamp->second != second) {
		uint32_t of_day = (uint32_t)(second % DAY);

		memcpy(stamp->text, "0000-00-00T00:00:00.000000Z", STAMP_LEN);
		put_date(stamp->text, (uint32_t)(second / DAY));
		put(stamp->text + 11, 2, of_day / 3600);
		put(stamp->text + 14, 2, of_day / 60 % 60);
		put(stamp->text + 17, 2, of_day % 60);
		stamp->second = second;
		stamp->is_set = true;
	}
	put(stamp->text + 20, 6, microsecond);
}

bool
stamp_is_valid(const char *text, size_t len)
{
	if (len != STAMP_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9'
				    : text[i] != shape[i])
			return false;
	return true;
}

void
stamp_to_name(const char text[STAMP_LEN], char name[STAMP_NAME_LEN])
{
	size_t len = 0;

	for (size_t i = 0; i < STAMP_LEN; i++)
		if (text[i] != '-' && text[i] != ':')
			name[len++] = text[i];
}

bool
stamp_name_next(char name[STAMP_NAME_LEN])
{
	/* 20261123T143105.123456Z: the seconds and what is behind them; 99
	 * seconds sort before the next minute as well. */
	const unsigned seconds = STAMP_NAME_LEN - 10;

	for (unsigned i = STAMP_NAME_LEN - 2; i >= seconds; i--) {
		if (name[i] == '.')
			continue;
		if (name[i] != '9') {
			name[i]++;
			return true;
		}
		name[i] = '0';
	}
	return false;
}
