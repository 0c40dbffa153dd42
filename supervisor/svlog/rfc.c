#include "supervisor/svlog/rfc.h"

#include <string.h>

#include "supervisor/svlog/stamp.h"

#define DIGITS	 7 /* of a length: more than any message has */
#define HEAD_MAX 192
#define DAEMON	 (3u << 3) /* the facility */
#define ERR	 3u
#define INFO	 6u
#define MARK_LEN 3u /* of <N> before a text */

_Static_assert(5 + STAMP_LEN + RFC_HOST + RFC_NAME + 16 < HEAD_MAX,
	"what is before a text fits");

static char *
put(char *at, const char *bytes, size_t len)
{
	if (len > 0)
		memcpy(at, bytes, len);
	return at + len;
}

static char *
put_str(char *at, const char *s)
{
	return put(at, s, strlen(s));
}

static char *
put_number(char *at, size_t n)
{
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return put(at, digits + i, sizeof(digits) - i);
}

void
rfc_set_host(struct rfc *rfc, const char *host)
{
	size_t len = 0;

	for (; len < RFC_HOST - 1 && host[len] != '\0'; len++)
		rfc->host[len] =
			host[len] > ' ' && host[len] < 0x7f ? host[len] : '_';
	rfc->host[len] = '\0';
}

static void
put_two(char *at, unsigned n, char leading)
{
	at[0] = leading;
	if (n > 9)
		at[0] = (char)('0' + (char)(n / 10 % 10));
	at[1] = (char)('0' + (char)(n % 10));
}

void
rfc_set_local(struct rfc *rfc, unsigned month, unsigned day, unsigned hour,
	unsigned minute, unsigned second)
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	memcpy(rfc->local, months[month % 12], 3);
	rfc->local[3] = ' ';
	put_two(rfc->local + 4, day, ' ');
	rfc->local[6] = ' ';
	put_two(rfc->local + 7, hour, '0');
	rfc->local[9] = ':';
	put_two(rfc->local + 10, minute, '0');
	rfc->local[12] = ':';
	put_two(rfc->local + 13, second, '0');
}

static char
byte(const struct rfc_text *text, size_t i)
{
	return i < text->first_len ? text->first[i]
				   : text->second[i - text->first_len];
}

/* The severity that the text begins with; false: it says none. */
static bool
take_mark(const struct rfc_text *text, unsigned *severity)
{
	if (text->first_len + text->second_len < MARK_LEN ||
		byte(text, 0) != '<' || byte(text, 1) < '0' ||
		byte(text, 1) > '7' || byte(text, 2) != '>')
		return false;
	*severity = (unsigned)(byte(text, 1) - '0');
	return true;
}

static char *
put_name(char *at, const char *name, size_t len, enum rfc_form form)
{
	char *from = at;

	at = put(at, name, len < RFC_NAME ? len : RFC_NAME);
	/* A colon would end the name. */
	for (; form == RFC_3164 && from < at; from++)
		if (*from == ':')
			*from = '_';
	return at;
}

static char *
put_head(char *at, const struct rfc *rfc, const char *stamp, const char *name,
	size_t name_len, unsigned severity)
{
	*at++ = '<';
	at = put_number(at, DAEMON | severity);
	*at++ = '>';
	if (rfc->form == RFC_3164) {
		at = put(at, rfc->local, RFC_LOCAL);
		*at++ = ' ';
		at = put_name(at, name, name_len, rfc->form);
		return put_str(at, ": ");
	}
	at = put_str(at, "1 ");
	at = put(at, stamp, STAMP_LEN);
	*at++ = ' ';
	at = put_str(at, rfc->host[0] ? rfc->host : "-");
	*at++ = ' ';
	at = put_name(at, name, name_len, rfc->form);
	return put_str(at, " - - - ");
}

size_t
rfc_most(size_t len)
{
	return DIGITS + 1 + HEAD_MAX + len;
}

char *
rfc_put(char *at, const struct rfc *rfc, const char *stamp, const char *name,
	size_t name_len, char stream, const struct rfc_text *text)
{
	unsigned severity = stream == 'e' ? ERR : INFO;
	size_t skip = take_mark(text, &severity) ? MARK_LEN : 0;
	size_t len = text->first_len + text->second_len - skip;
	size_t skip_first = skip < text->first_len ? skip : text->first_len;
	char head[HEAD_MAX];
	size_t head_len =
		(size_t)(put_head(head, rfc, stamp, name, name_len, severity) -
			 head);
	char *from;

	at = put_number(at, head_len + len);
	*at++ = ' ';
	at = put(at, head, head_len);
	from = at;
	at = put(at, text->first + skip_first, text->first_len - skip_first);
	skip -= skip_first;
	at = put(at, text->second + skip, text->second_len - skip);
	while ((from = memchr(from, '\0', (size_t)(at - from))))
		*from = ' ';
	return at;
}

bool
rfc_next(const char *bytes, size_t len, struct rfc_frame *frame)
{
	size_t n = 0;
	size_t i = 0;

	for (; i < len && i < DIGITS && bytes[i] >= '0' && bytes[i] <= '9'; i++)
		n = n * 10 + (size_t)(bytes[i] - '0');
	if (i == 0 || i == len || bytes[i] != ' ' || n > len - i - 1)
		return false;
	frame->head = i + 1;
	frame->len = n;
	return true;
}
