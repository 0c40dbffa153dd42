#include "svctl/diff.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/def.h"
#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/signame.h"
#include "lib/size.h"
#include "lib/state.h"

#define VALUE_CAP 1024

/* How a member is put into words: by the setter that lib/keys.def names. */
enum sort {
	SORT_text,
	SORT_word,
	SORT_path,
	SORT_umask,
	SORT_at,
	SORT_stdin,
	SORT_limit_count,
	SORT_limit_bytes,
	SORT_limit_seconds,
	SORT_limit_usec,
	SORT_nice,
	SORT_io_priority,
	SORT_cpus,
	SORT_scheduling,
	SORT_oom,
	SORT_groups,
	SORT_variables,
	SORT_command,
	SORT_hook,
	SORT_names,
	SORT_conditions,
	SORT_waits,
	SORT_statuses,
	SORT_environment,
	SORT_paths,
	SORT_type,
	SORT_restart,
	SORT_kill_mode,
	SORT_log,
	SORT_size,
	SORT_count,
	SORT_line_max,
	SORT_overflow,
	SORT_processor,
	SORT_ready,
	SORT_health,
	SORT_access,
	SORT_retries,
	SORT_signal,
	SORT_bool,
	SORT_duration,
	SORT_delays,
	SORT_limit
};

static const struct {
	const char *name;
	enum sort sort;
	size_t offset;
} keys[] = {
#define KEY(name, symbol, sort, setter, member)                                \
	{name, SORT_##setter, offsetof(struct def, member)},
#include "lib/keys.def"
#undef KEY
};

static void
put_list(struct fmt *f, const struct def_list *list, const char *between)
{
	for (unsigned i = 0; i < list->len; i++) {
		if (i)
			fmt_str(f, between);
		fmt_str(f, list->item[i]);
	}
}

static void
put_delays(struct fmt *f, const struct def *def)
{
	for (unsigned i = 0; i < def->delays; i++) {
		if (i)
			fmt_char(f, ' ');
		fmt_u64(f, def->delay_ms[i] / 1000);
		if (def->delay_ms[i] % 1000) {
			fmt_char(f, '.');
			fmt_padded(f, def->delay_ms[i] % 1000, 3);
		}
	}
}

static void
put_duration(struct fmt *f, uint32_t ms)
{
	if (ms == DURATION_NONE)
		fmt_str(f, "infinity");
	else
		duration_format(f, ms);
}

static void
put_limit(struct fmt *f, const struct def *def)
{
	if (!def->limit_count)
		return;
	fmt_u64(f, def->limit_count);
	fmt_char(f, '/');
	put_duration(f, def->limit_ms);
}

static void
put_log(struct fmt *f, const struct def *def)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} words[] = {{"file", LOG_TO_FILE}, {"stdout", LOG_TO_STDOUT},
		{"syslog", LOG_TO_SYSLOG}, {"none", LOG_TO_NONE}};
	const char *between = "";

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((def->log & words[i].bit) != 0) {
			fmt_printf(f, "%s%s", between, words[i].word);
			between = " ";
		}
	if ((def->log & LOG_TO_SERVICE) != 0)
		fmt_printf(f, "%sservice:%s", between, def->log_service);
}

static void
put_size(struct fmt *f, const void *member)
{
	uint64_t size;

	memcpy(&size, member, sizeof(size));
	size_format(f, size);
}

static void
put_count(struct fmt *f, const void *member)
{
	uint32_t n;

	memcpy(&n, member, sizeof(n));
	if (n == 0)
		fmt_str(f, "infinity");
	else
		fmt_u64(f, n);
}

/* The word of a small number; "?" past the end. */
static void
put_word(struct fmt *f, const char *const *words, unsigned count, unsigned n)
{
	fmt_str(f, n < count ? words[n] : "?");
}

static void
put_number(struct fmt *f, enum sort sort, unsigned n)
{
	static const char *const restarts[] = {
		"always", "on-failure", "on-abnormal", "never"};
	static const char *const kill_modes[] = {
		"group", "process", "mixed", "all"};
	static const char *const overflows[] = {"block", "drop"};
	static const char *const accesses[] = {"", "main", "all"};
	static const char *const bools[] = {"no", "yes"};
	char buf[16];

	if (sort == SORT_type)
		fmt_str(f, type_name(n));
	else if (sort == SORT_restart)
		put_word(f, restarts, 4, n);
	else if (sort == SORT_kill_mode)
		put_word(f, kill_modes, 4, n);
	else if (sort == SORT_overflow)
		put_word(f, overflows, 2, n);
	else if (sort == SORT_bool)
		put_word(f, bools, 2, n);
	else if (sort == SORT_access)
		put_word(f, accesses, 3, n);
	else if (n)
		fmt_str(f, signame_get((int)n, buf));
}

/* Long, since it is a table. */
/* NOLINTBEGIN(readability-function-size) */
static void
put_value(struct fmt *f, const struct def *def, enum sort sort, size_t offset)
{
	const void *member = (const char *)def + offset;
	const char *text;

	switch (sort) {
	case SORT_text:
	case SORT_word:
	case SORT_path:
	case SORT_umask:
	case SORT_stdin:
	case SORT_limit_count:
	case SORT_limit_bytes:
	case SORT_limit_seconds:
	case SORT_limit_usec:
	case SORT_nice:
	case SORT_io_priority:
	case SORT_cpus:
	case SORT_scheduling:
	case SORT_oom:
	case SORT_processor:
	case SORT_health:
		memcpy(&text, member, sizeof(text));
		fmt_str(f, text ? text : "");
		break;
	case SORT_ready:
		memcpy(&text, member, sizeof(text));
		fmt_str(f, text ? text : "exec");
		break;
	case SORT_command:
	case SORT_hook:
		put_list(f, member, "; then ");
		break;
	case SORT_names:
	case SORT_conditions:
	case SORT_waits:
	case SORT_statuses:
	case SORT_groups:
	case SORT_at:
	case SORT_variables:
	case SORT_environment:
	case SORT_paths:
		put_list(f, member, " ");
		break;
	case SORT_delays:
		put_delays(f, def);
		break;
	case SORT_limit:
		put_limit(f, def);
		break;
	case SORT_duration: {
		uint32_t ms;

		memcpy(&ms, member, sizeof(ms));
		put_duration(f, ms);
		break;
	}
	case SORT_log:
		put_log(f, def);
		break;
	case SORT_size:
		put_size(f, member);
		break;
	case SORT_count:
	case SORT_line_max:
	case SORT_retries:
		put_count(f, member);
		break;
	case SORT_type:
	case SORT_restart:
	case SORT_kill_mode:
	case SORT_overflow:
	case SORT_access:
	case SORT_signal:
	case SORT_bool:
		put_number(f, sort, *(const unsigned char *)member);
		break;
	}
}
/* NOLINTEND(readability-function-size) */

unsigned
diff_defs(const struct def *before, const struct def *after, diff_each *each,
	void *context)
{
	char old[VALUE_CAP], new[VALUE_CAP];
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct fmt f, g;

		fmt_init(&f, old, sizeof(old));
		fmt_init(&g, new, sizeof(new));
		put_value(&f, before, keys[i].sort, keys[i].offset);
		put_value(&g, after, keys[i].sort, keys[i].offset);
		if (f.len == g.len && !memcmp(old, new, f.len))
			continue;
		count++;
		each(context, keys[i].name, f.len ? old : "unset",
			g.len ? new : "unset");
	}
	return count;
}
