#include "supervisor/svlog/json.h"

#include <stdint.h>
#include <string.h>

#include "supervisor/svlog/stamp.h"

struct bytes {
	const unsigned char *first;
	size_t first_len;
	const unsigned char *second;
	size_t len; /* of both */
};

size_t
json_most(size_t name_len, size_t len)
{
	static const char frame[] = "{\"time\":\"\",\"service\":\"\","
				    "\"stream\":\"stdout\",\"text\":\"\","
				    "\"partial\":true}\n";

	return sizeof(frame) + STAMP_LEN + name_len + 6 * len;
}

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

char *
json_begin(char *at, const char *stamp, const char *name, size_t name_len,
	char stream)
{
	at = put_str(at, "{\"time\":\"");
	at = put(at, stamp, STAMP_LEN);
	at = put_str(at, "\",\"service\":\"");
	at = put(at, name, name_len);
	at = put_str(at, "\",\"stream\":\"");
	at = put_str(at, stream == 'e'	 ? "stderr"
			 : stream == 'o' ? "stdout"
					 : "-");
	return put_str(at, "\",\"text\":\"");
}

static unsigned char
byte(const struct bytes *b, size_t i)
{
	return i < b->first_len ? b->first[i] : b->second[i - b->first_len];
}

/* The length of the well-formed UTF-8 sequence at i, of two or more; or 0. */
static size_t
sequence(const struct bytes *b, size_t i)
{
	unsigned char lead = byte(b, i);
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (lead < 0xc2 || lead > 0xf4 || b->len - i < len)
		return 0;
	/* Neither longer than need be, nor a surrogate, nor past U+10FFFF. */
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (byte(b, i + 1) < low || byte(b, i + 1) > high)
		return 0;
	for (size_t k = 2; k < len; k++)
		if ((byte(b, i + k) & 0xc0) != 0x80)
			return 0;
	return len;
}

static char *
put_control(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '\t':
		return put_str(at, "\\t");
	case '\r':
		return put_str(at, "\\r");
	case '\n':
		return put_str(at, "\\n");
	default:
		at = put_str(at, "\\u00");
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
		return at;
	}
}

char *
json_text(char *at, const char *first, size_t first_len, const char *second,
	size_t second_len)
{
	struct bytes b = {
		.first = (const unsigned char *)first,
		.first_len = first_len,
		.second = (const unsigned char *)second,
		.len = first_len + second_len,
	};

	for (size_t i = 0; i < b.len;) {
		unsigned char c = byte(&b, i);
		size_t len = c < 0x80 ? 1 : sequence(&b, i);

		if (len == 0) {
			at = put_str(at, "\\ufffd");
			i++;
		} else if (c < ' ' || c == 0x7f) {
			at = put_control(at, c);
			i++;
		} else {
			if (c == '"' || c == '\\')
				*at++ = '\\';
			for (; len > 0; len--)
				*at++ = (char)byte(&b, i++);
		}
	}
	return at;
}

char *
json_end(char *at, bool is_whole)
{
	return put_str(at, is_whole ? "\"}\n" : "\",\"partial\":true}\n");
}
