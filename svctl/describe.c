#include "svctl/describe.h"

#include <sys/wait.h>
#include <time.h>

#include "lib/duration.h"
#include "lib/fmt.h"
#include "lib/reason.h"
#include "lib/signame.h"
#include "lib/state.h"
#include "svctl/defs.h"
#include "svctl/svctl.h"

bool
describe_is_up(unsigned state)
{
	return state == SVC_UP || state == SVC_DONE || state == SVC_SKIPPED;
}

uint64_t
describe_age_ms(const struct page_entry *entry)
{
	uint64_t now = clock_boot_ms();

	if (!entry->since_boot_ms || entry->since_boot_ms > now)
		return 0;
	return now - entry->since_boot_ms;
}

static uint64_t
clock_real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* RFC 3339 in UTC. */
static bool
put_moment(struct fmt *out, uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return false;
	fmt_padded(out, (uint64_t)tm.tm_year + 1900, 4);
	fmt_char(out, '-');
	fmt_padded(out, (uint64_t)tm.tm_mon + 1, 2);
	fmt_char(out, '-');
	fmt_padded(out, (uint64_t)tm.tm_mday, 2);
	fmt_char(out, 'T');
	fmt_padded(out, (uint64_t)tm.tm_hour, 2);
	fmt_char(out, ':');
	fmt_padded(out, (uint64_t)tm.tm_min, 2);
	fmt_char(out, ':');
	fmt_padded(out, (uint64_t)tm.tm_sec, 2);
	fmt_char(out, '.');
	fmt_padded(out, ms % 1000, 3);
	fmt_char(out, 'Z');
	return true;
}

bool
describe_since(struct fmt *out, const struct page_entry *entry)
{
	return entry->since_boot_ms &&
	       put_moment(out, clock_real_ms() - describe_age_ms(entry));
}

static bool
put_next_run(struct fmt *out, const struct page_entry *entry)
{
	return entry->next_run_ms && put_moment(out, entry->next_run_ms);
}

static void
put_until_run(struct fmt *out, const struct page_entry *entry)
{
	uint64_t now = clock_real_ms();

	if (entry->next_run_ms <= now) {
		fmt_str(out, "now");
		return;
	}
	fmt_str(out, "in ");
	duration_format(out, entry->next_run_ms - now);
}

void
describe_next_run(struct fmt *out, const struct page_entry *entry)
{
	if (!put_next_run(out, entry))
		return;
	fmt_str(out, " (");
	put_until_run(out, entry);
	fmt_char(out, ')');
}

void
describe_until_run(struct fmt *out, const struct page_entry *entry)
{
	if (!entry->next_run_ms)
		return;
	fmt_str(out, out->len > 0 ? "; next run " : "next run ");
	put_until_run(out, entry);
}

static void
json_moment(struct fmt *f, const char *key, const struct page_entry *entry,
	bool (*put)(struct fmt *out, const struct page_entry *entry))
{
	size_t before;

	fmt_printf(f, ",\"%s\":", key);
	before = f->len;
	fmt_char(f, '"');
	if (put(f, entry)) {
		fmt_char(f, '"');
	} else {
		f->len = before;
		fmt_str(f, "null");
	}
}

void
describe_moments_json(struct fmt *out, const struct page_entry *entry)
{
	json_moment(out, "since", entry, describe_since);
	json_moment(out, "next_run", entry, put_next_run);
}

static const char *
deadline_word(unsigned state)
{
	switch (state) {
	case SVC_BACKOFF:
		return "retry";
	case SVC_STARTING:
		return "start times out";
	case SVC_STOPPING:
		return "KILL";
	case SVC_KILLING:
		return "KILL again";
	default:
		return NULL;
	}
}

void
describe_deadline(struct fmt *out, const struct page_entry *entry)
{
	const char *word = deadline_word(entry->state);
	uint64_t now = clock_mono_ms();

	if (!word || !entry->deadline_mono_ms)
		return;
	fmt_str(out, word);
	if (entry->deadline_mono_ms <= now) {
		fmt_str(out, " now");
		return;
	}
	fmt_str(out, " in ");
	duration_format(out, entry->deadline_mono_ms - now);
}

static void
put_reason(struct map *map, struct fmt *out, const struct page_entry *entry)
{
	/* That somebody asked for it needs no words in a table. */
	if (entry->reason != REASON_ASKED)
		reason_format(out, entry->reason, entry->reason_arg,
			map_name(map, entry->reason_svc),
			page_string(&map->view, entry->text_off));
}

static void
put_retry(struct fmt *out, size_t before, const struct page_entry *entry)
{
	if (entry->state != SVC_BACKOFF || !entry->deadline_mono_ms)
		return;
	if (out->len > before)
		fmt_str(out, "; ");
	describe_deadline(out, entry);
}

void
describe_reason(
	struct map *map, struct fmt *out, const struct page_entry *entry)
{
	size_t before = out->len;

	put_reason(map, out, entry);
	put_retry(out, before, entry);
}

void
describe_reason_fully(
	struct svctl *s, struct fmt *out, const struct page_entry *entry)
{
	size_t before = out->len;

	put_reason(&s->map, out, entry);
	defs_explain(s, entry, out);
	put_retry(out, before, entry);
}

const char *
describe_status(const struct map *map, const struct page_entry *entry,
	char out[PAGE_STATUS_CAP])
{
	struct page_entry again;
	uint32_t id = PAGE_NONE;

	out[0] = '\0';
	/* What is down says nothing any more. */
	if (entry->status_off != 0 && entry->state != SVC_DOWN)
		id = page_find(
			&map->view, page_string(&map->view, entry->name_off));
	if (id != PAGE_NONE)
		page_status_read(&map->view, id, &again, out);
	return out;
}

void
describe_moods(struct fmt *out, const struct page_entry *entry)
{
	if ((entry->flags & PAGE_RELOADING) != 0)
		fmt_str(out, ", reloading");
	if ((entry->flags & PAGE_LEAVING) != 0)
		fmt_str(out, ", stopping by itself");
	if ((entry->flags & PAGE_UNWELL) != 0)
		fmt_str(out, ", its last health check failed");
}

void
describe_exit(struct fmt *out, const struct page_entry *entry)
{
	int status = entry->exit_status;
	char buf[16];

	if (!(entry->flags & PAGE_HAS_EXIT)) {
		fmt_str(out, "none");
	} else if (WIFSIGNALED(status)) {
		fmt_str(out, "killed by ");
		fmt_str(out, signame_get(WTERMSIG(status), buf));
	} else {
		fmt_str(out, "exited ");
		fmt_i64(out, WEXITSTATUS(status));
	}
}
