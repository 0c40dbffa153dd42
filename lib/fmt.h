/*
 * A bounded text builder: our own formatter, so that no program links stdio.
 * Text that does not fit is cut and is_cut is set; the buffer always ends in
 * NUL. Pure.
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt {
	char *text; /* borrowed */
	size_t len; /* without the NUL */
	size_t cap; /* of text, NUL included; at least 1 */
	bool is_cut;
};

void fmt_init(struct fmt *f, char *text, size_t cap);
void fmt_char(struct fmt *f, char c);
void fmt_bytes(struct fmt *f, const char *bytes, size_t len);
void fmt_str(struct fmt *f, const char *s);
void fmt_u64(struct fmt *f, uint64_t n);
void fmt_i64(struct fmt *f, int64_t n);
/* Exactly width lower-case hex digits. */
void fmt_hex(struct fmt *f, uint64_t n, unsigned width);
/* At least width digits, zeros in front. */
void fmt_padded(struct fmt *f, uint64_t n, unsigned width);
/* Blanks until len reaches column (counted from start). */
void fmt_column(struct fmt *f, size_t start, size_t column);

/*
 * A small printf: %s %.*s %c %d %i %u %ld %lu %lld %llu %zu %x %m %%, where
 * %m is strerror(errno). No widths. NULL for %s prints "(null)".
 */
void fmt_printf(struct fmt *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void fmt_vprintf(struct fmt *f, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

/* %m is no ISO C; __extension__ says that we know, for each call. */
#define fmt_printf(...) __extension__ fmt_printf(__VA_ARGS__)

#endif
