#include "lib/fmt.h"

#include <errno.h>
#include <string.h>

#undef fmt_printf /* defined here, not called */

void
fmt_init(struct fmt *f, char *text, size_t cap)
{
	f->text = text;
	f->len = 0;
	f->cap = cap;
	f->is_cut = false;
	text[0] = '\0';
}

void
fmt_bytes(struct fmt *f, const char *bytes, size_t len)
{
	size_t room = f->cap - 1 - f->len;

	if (len > room) {
		len = room;
		f->is_cut = true;
	}
	/* NULL is a fair empty string, but not for memcpy. */
	if (len > 0)
		memcpy(f->text + f->len, bytes, len);
	f->len += len;
	f->text[f->len] = '\0';
}

void
fmt_char(struct fmt *f, char c)
{
	fmt_bytes(f, &c, 1);
}

void
fmt_str(struct fmt *f, const char *s)
{
	fmt_bytes(f, s, strlen(s));
}

/* base 10 or 16; at least width digits, at most 20. */
static void
put_digits(struct fmt *f, uint64_t n, unsigned base, unsigned width)
{
	char digits[20];
	unsigned at = sizeof digits;

	for (; at > 0 && (n > 0 || sizeof digits - at < width); n /= base)
		digits[--at] = "0123456789abcdef"[n % base];
	fmt_bytes(f, digits + at, sizeof digits - at);
}

void
fmt_u64(struct fmt *f, uint64_t n)
{
	put_digits(f, n, 10, 1);
}

void
fmt_i64(struct fmt *f, int64_t n)
{
	if (n < 0)
		fmt_char(f, '-');
	/* Negated as unsigned, so that INT64_MIN is no overflow. */
	put_digits(f, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, 1);
}

void
fmt_hex(struct fmt *f, uint64_t n, unsigned width)
{
	if (width < 16)
		n &= (UINT64_C(1) << (4 * width)) - 1;
	put_digits(f, n, 16, width);
}

void
fmt_padded(struct fmt *f, uint64_t n, unsigned width)
{
	put_digits(f, n, 10, width);
}

void
fmt_column(struct fmt *f, size_t start, size_t column)
{
	while (f->len < start + column && !f->is_cut)
		fmt_char(f, ' ');
}

void
fmt_printf(struct fmt *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fmt_vprintf(f, format, args);
	va_end(args);
}

enum size {
	SIZE_INT,
	SIZE_LONG,
	SIZE_LONG_LONG,
	SIZE_SIZE
};

/* Takes l, ll, z and ".*" away from *format. */
static enum size
take_size(const char **format, bool *has_precision)
{
	enum size size = SIZE_INT;

	*has_precision = (*format)[0] == '.' && (*format)[1] == '*';
	if (*has_precision)
		*format += 2;
	if (**format == 'z') {
		(*format)++;
		return SIZE_SIZE;
	}
	for (; **format == 'l'; (*format)++)
		size = size == SIZE_INT ? SIZE_LONG : SIZE_LONG_LONG;
	return size;
}

/* A va_list in a struct can be passed on by address on every machine. */
struct arguments {
	va_list list;
};

static uint64_t
take_unsigned(struct arguments *args, enum size size)
{
	switch (size) {
	case SIZE_INT:
		return va_arg(args->list, unsigned);
	case SIZE_LONG:
		return va_arg(args->list, unsigned long);
	case SIZE_LONG_LONG:
		return va_arg(args->list, unsigned long long);
	case SIZE_SIZE:
		return va_arg(args->list, size_t);
	}
	return 0;
}

static int64_t
take_signed(struct arguments *args, enum size size)
{
	/* Sizes other than int are 64 bits wide, or sign-extend alike. */
	switch (size) {
	case SIZE_INT:
		return va_arg(args->list, int);
	case SIZE_LONG:
		return va_arg(args->list, long);
	case SIZE_LONG_LONG:
		return va_arg(args->list, long long);
	case SIZE_SIZE:
		return (int64_t)va_arg(args->list, size_t);
	}
	return 0;
}

static void
put_string(struct fmt *f, struct arguments *args, bool has_precision)
{
	int precision = has_precision ? va_arg(args->list, int) : -1;
	const char *s = va_arg(args->list, const char *);

	if (!s)
		fmt_str(f, "(null)");
	else if (precision >= 0)
		fmt_bytes(f, s, strnlen(s, (size_t)precision));
	else
		fmt_str(f, s);
}

void
fmt_vprintf(struct fmt *f, const char *format, va_list list)
{
	struct arguments args;
	int error = errno;

	va_copy(args.list, list);
	while (*format) {
		size_t plain = strcspn(format, "%");
		bool has_precision;
		enum size size;

		fmt_bytes(f, format, plain);
		format += plain;
		if (!*format)
			break;
		format++;
		size = take_size(&format, &has_precision);
		switch (*format) {
		case 's':
			put_string(f, &args, has_precision);
			break;
		case 'c':
			fmt_char(f, (char)va_arg(args.list, int));
			break;
		case 'd':
		case 'i':
			fmt_i64(f, take_signed(&args, size));
			break;
		case 'u':
			fmt_u64(f, take_unsigned(&args, size));
			break;
		case 'x':
			put_digits(f, take_unsigned(&args, size), 16, 1);
			break;
		case 'm':
			fmt_str(f, strerror(error));
			break;
		case '\0':
			continue;
		default:
			fmt_char(f, *format);
			break;
		}
		format++;
	}
	va_end(args.list);
}
