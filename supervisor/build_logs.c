#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/fmt.h"
#include "supervisor/build_private.h"

/* Longer than any line without its processor. */
#define LINE_CAP 512

static void
put_destinations(struct fmt *f, const struct def *def)
{
	bool is_to_file = (def->log & LOG_TO_FILE) != 0;

	if (def->log == LOG_TO_DEFAULT)
		fmt_str(f, BUILD_LOG_DEFAULT);
	if (is_to_file)
		fmt_str(f, "file");
	if ((def->log & LOG_TO_STDOUT) != 0)
		fmt_str(f, is_to_file ? ",stdout" : "stdout");
}

static void
append(struct build *b, const char *text, size_t len)
{
	if (b->logs_len + len > b->logs_cap) {
		size_t cap = (b->logs_cap + len) * 2;
		char *more = realloc(b->logs, cap);

		if (!more) {
			b->is_out_of_memory = true;
			return;
		}
		b->logs = more;
		b->logs_cap = cap;
	}
	memcpy(b->logs + b->logs_len, text, len);
	b->logs_len += len;
}

void
build_add_log(struct build *b, const char *name, const struct def *def)
{
	char line[LINE_CAP];
	struct fmt f;

	if ((def->log & LOG_TO_NONE) != 0 || def->type == TYPE_TARGET)
		return;
	fmt_init(&f, line, sizeof(line));
	fmt_printf(&f, "%s to=", name);
	put_destinations(&f, def);
	fmt_printf(&f, " streams=%d size=%llu keep=%u line-max=%u",
		def->log_streams ? 2 : 1, (unsigned long long)def->log_size,
		def->log_keep, def->log_line_max);
	fmt_printf(&f, " overflow=%s age=%u",
		def->log_overflow == OVERFLOW_DROP ? "drop" : "block",
		(def->log_age_ms + 999) / 1000);
	append(b, line, f.len);
	if (def->log_processor) {
		append(b, " processor=", sizeof(" processor=") - 1);
		append(b, def->log_processor, strlen(def->log_processor));
	}
	append(b, "\n", 1);
}
