#include "lib/size.h"

#include <string.h>

#include "lib/fmt.h"

#define MOST ((uint64_t)INT64_MAX)

static const char units[] = "KMGT";

/* How often 1,024 is to be multiplied; -1: no unit. */
static int
unit_of(const char *text, size_t len)
{
	const char *at;

	if (len == 0)
		return 0;
	if (len > 2 || (len == 2 && text[1] != 'B'))
		return -1;
	at = memchr(units, text[0], sizeof(units) - 1);
	return at ? (int)(at - units) + 1 : -1;
}

bool
size_parse(const char *text, size_t len, uint64_t *bytes)
{
	uint64_t n = 0;
	size_t i = 0;
	int unit;

	if (len == 8 && memcmp(text, "infinity", 8) == 0) {
		*bytes = 0;
		return true;
	}
	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
		if (n > MOST / 10 - 1)
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	unit = unit_of(text + i, len - i);
	if (i == 0 || unit < 0)
		return false;
	for (; unit > 0; unit--) {
		if (n > MOST / 1024)
			return false;
		n *= 1024;
	}
	*bytes = n;
	return true;
}

void
size_format(struct fmt *out, uint64_t bytes)
{
	size_t unit = 0;

	if (bytes == 0) {
		fmt_str(out, "infinity");
		return;
	}
	while (unit < sizeof(units) - 1 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	fmt_u64(out, bytes);
	if (unit > 0)
		fmt_char(out, units[unit - 1]);
}
