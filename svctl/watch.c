#include "svctl/watch.h"

#include <sys/stat.h>

#include "lib/fmt.h"
#include "svctl/svctl.h"

#define SUCCESSOR_MS 2000 /* init needs less to start another supervisor */
#define SLICE_MS     500  /* a dead supervisor wakes nobody */
#define GONE_MS	     20	  /* nor does one that is not there yet */

void
watch_begin(struct svctl *s, struct watch *watch)
{
	struct page_header header = map_header(&s->map);

	watch->pid = header.supervisor_pid;
	watch->start = header.supervisor_start;
	watch->served = header.served;
	watch->gone_ms = 0;
}

/* The page keeps its inode, unless somebody emptied the directory. */
static void
follow_file(struct svctl *s)
{
	char path[PATHS_CAP + 16];
	struct map map;
	struct stat st;
	struct fmt f;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/status", s->runtime);
	if (lstat(path, &st) != 0 || st.st_ino == s->map.inode)
		return;
	map_init(&map);
	if (map_open(&map, s->runtime) == 0) {
		map_close(&s->map);
		s->map = map;
	}
}

enum watch_state
watch_look(struct svctl *s, struct watch *watch, bool looks_closer)
{
	struct page_header header;
	uint64_t now;

	if (watch->gone_ms)
		follow_file(s);
	header = map_header(&s->map);
	if ((header.supervisor_pid != watch->pid ||
		    header.supervisor_start != watch->start ||
		    header.served != watch->served) &&
		map_supervisor_is_alive(&header)) {
		watch_begin(s, watch);
		return WATCH_NEW;
	}
	if (!watch->gone_ms &&
		(!looks_closer || map_supervisor_is_alive(&header)))
		return WATCH_SAME;
	now = clock_mono_ms();
	if (!watch->gone_ms)
		watch->gone_ms = now;
	return now - watch->gone_ms < SUCCESSOR_MS ? WATCH_GONE : WATCH_LOST;
}

bool
watch_sleep(struct svctl *s, const struct watch *watch, uint32_t turn,
	uint32_t bits, uint64_t until_ms)
{
	uint64_t now = clock_mono_ms();
	uint32_t ms = watch->gone_ms ? GONE_MS : SLICE_MS;

	if (s->deadline_ms && (!until_ms || s->deadline_ms < until_ms))
		until_ms = s->deadline_ms;
	if (until_ms && until_ms <= now)
		return false;
	if (until_ms && until_ms - now < ms)
		ms = (uint32_t)(until_ms - now);
	return map_sleep(&s->map, turn, bits, ms);
}

bool
watch_is_late(const struct svctl *s)
{
	return s->deadline_ms && clock_mono_ms() >= s->deadline_ms;
}
