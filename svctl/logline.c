#include "svctl/logline.h"

#include <string.h>

#include "lib/fmt.h"
#include "svctl/when.h"

#define AT_STREAM (WHEN_STAMP + 1)
#define AT_MARK	  (AT_STREAM + 1)
#define AT_TEXT	  (AT_MARK + 1)

static bool
has_head(const char *bytes, size_t len)
{
	return len > AT_STREAM && bytes[WHEN_STAMP] == ' ' &&
	       bytes[AT_STREAM] && strchr("oe-", bytes[AT_STREAM]) &&
	       (len == AT_MARK || bytes[AT_MARK] == ' ' ||
		       bytes[AT_MARK] == '+');
}

void
logline_parse(struct logline *line, const char *bytes, size_t len)
{
	size_t text = len < AT_TEXT ? len : AT_TEXT;

	line->bytes = bytes;
	line->len = len;
	if (!has_head(bytes, len) || !when_read_stamp(bytes, len, &line->us)) {
		line->us = WHEN_NONE;
		line->stream = '-';
		line->is_continued = false;
		line->text = bytes;
		line->text_len = len;
		return;
	}
	line->stream = bytes[AT_STREAM];
	line->is_continued = len > AT_MARK && bytes[AT_MARK] == '+';
	line->text = bytes + text;
	line->text_len = len - text;
}

/* The length of the UTF-8 character that begins here, 0 if none does. */
static size_t
character_len(const unsigned char *s, size_t room)
{
	size_t len;

	if (*s < 0x80)
		return 1;
	/* Continuation bytes, overlong forms, beyond the last character. */
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	len = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	if (len > room)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* A character of len bytes that shows as itself and leaves others alone. */
static bool
is_harmless(const unsigned char *s, size_t len)
{
	if (len == 1)
		return (*s >= 0x20 && *s != 0x7f) || *s == '\t';
	if (len == 2) /* C1 controls, and U+061C */
		return !(*s == 0xc2 && s[1] < 0xa0) &&
		       !(*s == 0xd8 && s[1] == 0x9c);
	/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 */
	if (len == 3 && *s == 0xe2 && s[1] == 0x80)
		return s[2] != 0x8e && s[2] != 0x8f &&
		       (s[2] < 0xaa || s[2] > 0xae);
	if (len == 3 && *s == 0xe2 && s[1] == 0x81)
		return s[2] < 0xa6 || s[2] > 0xa9;
	return len > 0;
}

void
logline_put_safe(struct fmt *f, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t from = 0;

	for (size_t i = 0; i < len;) {
		size_t one = character_len(s + i, len - i);

		if (is_harmless(s + i, one)) {
			i += one;
			continue;
		}
		fmt_bytes(f, bytes + from, i - from);
		if (s[i] < 0x80) {
			fmt_char(f, '^');
			fmt_char(f, (char)(s[i] ^ 0x40));
			from = ++i;
			continue;
		}
		for (from = i + (one ? one : 1); i < from; i++) {
			fmt_str(f, "\\x");
			fmt_hex(f, s[i], 2);
		}
	}
	fmt_bytes(f, bytes + from, len - from);
}

static void
put_escape(struct fmt *f, unsigned char c)
{
	fmt_char(f, '\\');
	if (c == '"' || c == '\\') {
		fmt_char(f, (char)c);
		return;
	}
	fmt_char(f, 'u');
	fmt_hex(f, c < 0x80 ? c : 0xfffd, 4);
}

void
logline_put_json(struct fmt *f, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t from = 0;

	fmt_char(f, '"');
	for (size_t i = 0; i < len;) {
		size_t one = character_len(s + i, len - i);

		if (one && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\' &&
			s[i] != 0x7f) {
			i += one;
			continue;
		}
		fmt_bytes(f, bytes + from, i - from);
		put_escape(f, s[i]);
		from = ++i;
	}
	fmt_bytes(f, bytes + from, len - from);
	fmt_char(f, '"');
}

bool
logline_is_packed(const char *bytes, size_t len)
{
	static const struct {
		const char *bytes;
		size_t len;
	} magic[] = {{"\x1f\x8b", 2}, {"\x28\xb5\x2f\xfd", 4},
		{"\xfd"
		 "7zXZ",
			5},
		{"BZh", 3}, {"\x04\x22\x4d\x18", 4}};

	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		if (len >= magic[i].len &&
			!memcmp(bytes, magic[i].bytes, magic[i].len))
			return true;
	}
	return false;
}
