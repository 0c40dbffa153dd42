#include "svctl/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_CAP 16384u
#define ERROR_CAP 4096u

static const char *program = "svctl";

static bool
write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

void
out_init(struct out *out)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct winsize size;

	memset(out, 0, sizeof(*out));
	out->columns = 80;
	/* Also the test for a terminal: one system call for both. */
	if (ioctl(1, TIOCGWINSZ, &size) != 0)
		return;
	out->is_terminal = true;
	if (size.ws_col > out->columns)
		out->columns = size.ws_col;
	out->has_colours =
		!(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

struct fmt *
out_room(struct out *out, size_t need)
{
	size_t cap = out->f.cap ? out->f.cap : FIRST_CAP;
	char *text;

	if (out->f.cap && out->f.cap - out->f.len > need)
		return &out->f;
	while (cap - out->f.len <= need)
		cap *= 2;
	text = realloc(out->f.text, cap);
	if (!text) {
		out_error(NULL, "out of memory");
		exit(1);
	}
	out->f.text = text;
	out->f.cap = cap;
	return &out->f;
}

bool
out_flush(struct out *out)
{
	size_t len = out->f.len;

	out->f.len = 0;
	return !len || write_all(1, out->f.text, len);
}

/* A terminal must not act on what a definition says. */
static void
put_harmless(struct fmt *f, const char *s, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		/* 0xc2 0x80 to 0x9f are control characters as well. */
		if (c >= 0x20 && c != 0x7f &&
			!(c == 0xc2 && (unsigned char)s[i + 1] < 0xa0))
			continue;
		fmt_bytes(f, s + from, i - from);
		fmt_char(f, c == '\n' || c == '\t' ? ' ' : '?');
		from = i + 1;
	}
	fmt_bytes(f, s + from, len - from);
}

void
out_text(struct out *out, const char *s, size_t width)
{
	size_t len = strlen(s);
	struct fmt *f = out_room(out, len + OUT_PIECE);

	if (len <= width) {
		put_harmless(f, s, len);
		return;
	}
	len = width > 3 ? width - 3 : 0;
	while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	put_harmless(f, s, len);
	fmt_str(f, "...");
}

/* The length of the UTF-8 character at s, 0 if there is none. */
static size_t
character_len(const unsigned char *s)
{
	size_t len = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : 4;

	if (*s < 0x80)
		return 1;
	/* Continuation bytes, overlong forms, beyond the last character. */
	if (*s < 0xc2 || *s > 0xf4)
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

static void
put_escape(struct fmt *f, unsigned c)
{
	if (c == '"' || c == '\\') {
		fmt_char(f, '\\');
		fmt_char(f, (char)c);
		return;
	}
	/* What is no character becomes the one that stands for such. */
	fmt_str(f, "\\u");
	fmt_hex(f, c < 0x80 ? c : 0xfffd, 4);
}

void
out_json(struct out *out, const char *s)
{
	struct fmt *f = out_room(out, strlen(s) * 6 + OUT_PIECE);
	const char *from = s;

	fmt_char(f, '"');
	while (*s) {
		unsigned char c = (unsigned char)*s;
		size_t len = character_len((const unsigned char *)s);

		if (len && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			s += len;
			continue;
		}
		fmt_bytes(f, from, (size_t)(s - from));
		put_escape(f, c);
		from = ++s;
	}
	fmt_bytes(f, from, (size_t)(s - from));
	fmt_char(f, '"');
}

void
out_colour(struct out *out, enum colour colour)
{
	static const char *const codes[] = {[COLOUR_NONE] = "\033[0m",
		[COLOUR_RED] = "\033[31m",
		[COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m"};

	if (out->has_colours)
		fmt_str(out_room(out, OUT_PIECE), codes[colour]);
}

void
out_program(const char *name)
{
	program = name;
}

void
out_error(const char *object, const char *format, ...)
{
	char text[ERROR_CAP / 2];
	char line[ERROR_CAP];
	struct fmt plain, f;
	va_list args;

	fmt_init(&plain, text, sizeof(text));
	va_start(args, format);
	fmt_vprintf(&plain, format, args);
	va_end(args);
	fmt_init(&f, line, sizeof(line) - 1);
	fmt_str(&f, program);
	fmt_str(&f, ": ");
	if (object) {
		put_harmless(&f, object, strlen(object));
		fmt_str(&f, *object ? ": " : "'': ");
	}
	put_harmless(&f, text, plain.len);
	line[f.len++] = '\n';
	(void)write_all(2, line, f.len);
}

void
out_note(const char *text)
{
	char line[ERROR_CAP];
	struct fmt f;

	fmt_init(&f, line, sizeof(line) - 1);
	put_harmless(&f, text, strlen(text));
	line[f.len++] = '\n';
	(void)write_all(2, line, f.len);
}
