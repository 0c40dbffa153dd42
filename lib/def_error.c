#include "lib/def.h"

#include "lib/fmt.h"

void
def_error_text(struct def_error *error, const char *format, ...)
{
	struct fmt f;
	va_list args;

	fmt_init(&f, error->text, sizeof(error->text));
	va_start(args, format);
	fmt_vprintf(&f, format, args);
	va_end(args);
}

void
def_error_format(struct fmt *out, const struct def_error *error)
{
	if (error->file != NULL) {
		fmt_str(out, error->file);
		fmt_char(out, ':');
	}
	if (error->line > 0) {
		fmt_u64(out, error->line);
		fmt_char(out, ':');
		if (error->column > 0) {
			fmt_u64(out, error->column);
			fmt_char(out, ':');
		}
	}
	if (error->file != NULL || error->line > 0)
		fmt_char(out, ' ');
	fmt_str(out, error->text);
}
