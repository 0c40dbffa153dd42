#include "supervisor/svlog/kmsg_parse.h"

#include <string.h>

#include "lib/fmt.h"
#include "supervisor/svlog/syslog_parse.h"

#define DIGITS_MOST	18 /* cannot overflow */
#define FACILITIES_MOST 0xffffffu

/* Digits and `end` behind them. */
static bool
take_number(const char **at, const char *stop, char end, uint64_t *n)
{
	const char *p = *at;
	uint64_t value = 0;

	while (p < stop && *p >= '0' && *p <= '9' && p - *at < DIGITS_MOST)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == *at || p == stop || *p != end)
		return false;
	*at = p + 1;
	*n = value;
	return true;
}

bool
kmsg_parse(const char *bytes, size_t len, struct kmsg_record *record)
{
	const char *end = len ? memchr(bytes, '\n', len) : NULL;
	const char *at = bytes;
	const char *text;
	uint64_t priority;

	if (!end)
		end = bytes + len;
	text = end > bytes ? memchr(bytes, ';', (size_t)(end - bytes)) : NULL;
	if (!text || !take_number(&at, text, ',', &priority) ||
		!take_number(&at, text, ',', &record->seq) ||
		!take_number(&at, text, ',', &record->us) ||
		priority > FACILITIES_MOST)
		return false;
	record->priority = (unsigned)priority;
	record->text = text + 1;
	record->len = (size_t)(end - record->text);
	return true;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The byte that \xHH stands for, if it may be in a line as it is; or -1. */
static int
unescape(const char *at, size_t len)
{
	int high, low, byte;

	if (len < 4 || at[0] != '\\' || at[1] != 'x')
		return -1;
	high = hex(at[2]);
	low = hex(at[3]);
	if (high < 0 || low < 0)
		return -1;
	byte = 16 * high + low;
	return byte >= 0x80 || byte == '\\' || byte == '\t' ? byte : -1;
}

void
kmsg_put(struct fmt *f, const struct kmsg_record *record)
{
	const char *text = record->text;
	size_t from = 0;

	syslog_put_priority(f, record->priority);
	fmt_char(f, ' ');
	for (size_t i = 0; i < record->len; i++) {
		int byte = unescape(text + i, record->len - i);

		if (byte < 0)
			continue;
		syslog_put_escaped(f, text + from, i - from);
		fmt_char(f, (char)byte);
		from = i + 4;
		i += 3;
	}
	syslog_put_escaped(f, text + from, record->len - from);
}
