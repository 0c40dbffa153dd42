#include "svctl/map.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/futex.h"
#include "lib/name.h"

#define BIRTH_MS  1000 /* a new supervisor fills its page meanwhile */
#define LOOK_MS	  10   /* between looks where nothing can wake us */
#define ENTRY_TRY 50   /* looks at an entry that is being written */

uint64_t
clock_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
clock_boot_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t) != 0)
		return clock_mono_ms();
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
nap(uint32_t ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

void
map_init(struct map *map)
{
	memset(map, 0, sizeof(*map));
	map->fd = -1;
}

void
map_close(struct map *map)
{
	if (map->view.base)
		munmap((void *)(uintptr_t)map->view.base, map->view.len);
	if (map->fd >= 0)
		close(map->fd);
	map_init(map);
}

/* Maps all of the file as it is now. */
static int
map_whole(struct map *map)
{
	struct stat st;
	void *base;

	if (fstat(map->fd, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode) ||
		(uint64_t)st.st_size < sizeof(struct page_header)) {
		errno = EPROTO;
		return -1;
	}
	map->inode = st.st_ino;
	map->is_trusted = (st.st_uid == 0 || st.st_uid == geteuid()) &&
			  !(st.st_mode & 022);
	base = mmap(
		NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, map->fd, 0);
	if (base == MAP_FAILED)
		return -1;
	if (map->view.base)
		munmap((void *)(uintptr_t)map->view.base, map->view.len);
	map->view.base = base;
	map->view.len = (size_t)st.st_size;
	return 0;
}

int
map_open(struct map *map, const char *runtime)
{
	uint64_t give_up = clock_mono_ms() + BIRTH_MS;
	char path[4200];
	struct fmt f;
	int err;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "%s/status", runtime);
	/* NONBLOCK: a FIFO of that name must not hold us up. */
	map->fd = open(path,
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (map->fd < 0)
		return -1;
	for (;;) {
		if (map_whole(map) == 0 && page_is_valid(&map->view))
			return 0;
		if (clock_mono_ms() >= give_up)
			break;
		nap(LOOK_MS);
	}
	err = map->view.base ? EPROTO : errno;
	map_close(map);
	errno = err;
	return -1;
}

bool
map_refresh(struct map *map)
{
	return map->fd >= 0 &&
	       (page_is_valid(&map->view) ||
		       (map_whole(map) == 0 && page_is_valid(&map->view)));
}

struct page_header
map_header(struct map *map)
{
	struct page_header header;

	if (!map_refresh(map) || !page_header_read(&map->view, &header))
		memset(&header, 0, sizeof(header));
	return header;
}

uint32_t
map_entry(struct map *map, const char *name, struct page_entry *out)
{
	for (unsigned i = 0; i < ENTRY_TRY && map_refresh(map); i++) {
		uint32_t id = page_find_any(&map->view, name);
		const char *own;

		if (id == PAGE_NONE)
			return PAGE_NONE;
		/* The id may have been given to another since. */
		if (page_entry_read(&map->view, id, out)) {
			own = page_string(&map->view, out->name_off);
			if (!strcmp(own, name) ||
				page_find_any(&map->view, name) == id)
				return id;
		}
		nap(1);
	}
	return PAGE_NONE;
}

const char *
map_name(struct map *map, uint32_t id)
{
	struct page_entry entry;

	if (id == PAGE_NONE || !page_entry_read(&map->view, id, &entry))
		return "";
	return page_string(&map->view, entry.name_off);
}

static const uint32_t *
turn_word(const struct map *map)
{
	return (const uint32_t *)(const void *)(map->view.base +
						offsetof(struct page_header,
							turn));
}

uint32_t
map_turn(struct map *map)
{
	return __atomic_load_n(turn_word(map), __ATOMIC_ACQUIRE);
}

bool
map_sleep(struct map *map, uint32_t turn, uint32_t bits, uint32_t ms)
{
	if (futex_wait(turn_word(map), turn, bits, (uint64_t)ms * 1000000) ==
			0 ||
		errno == EAGAIN || errno == EINTR)
		return true;
	/* A filter may forbid the call: then look again and again. */
	if (errno != ETIMEDOUT)
		nap(ms < LOOK_MS ? ms : LOOK_MS);
	return false;
}

/* State letter and start time of /proc/PID/stat; false if it cannot be told. */
static bool
read_stat(int32_t pid, char *state, uint64_t *start)
{
	char path[32], text[1024];
	struct fmt f;
	ssize_t len;
	char *at;
	int fd;

	fmt_init(&f, path, sizeof(path));
	fmt_printf(&f, "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	/* The name in parentheses may hold anything, parentheses too. */
	at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return false;
	*state = at[2];
	at++;
	for (unsigned field = 3; field <= 22 && at; field++) {
		if (field > 3)
			at = strchr(at + 1, ' ');
	}
	if (!at)
		return false;
	*start = strtoull(at, NULL, 10);
	return true;
}

bool
map_supervisor_is_alive(const struct page_header *header)
{
	uint64_t start = 0;
	char state = '?';

	if (header->supervisor_pid <= 0 ||
		(kill(header->supervisor_pid, 0) != 0 && errno != EPERM))
		return false;
	if (!read_stat(header->supervisor_pid, &state, &start))
		return true;
	return state != 'Z' && state != 'X' &&
	       (!header->supervisor_start || header->supervisor_start == start);
}

const char *
map_nearest(struct map *map, const char *name)
{
	unsigned best = name_reach(name) + 1;
	const char *nearest = NULL;

	for (uint32_t n = 0;; n++) {
		uint32_t id = page_sorted(&map->view, n);
		const char *other;
		unsigned distance;

		if (id == PAGE_NONE)
			return nearest;
		other = map_name(map, id);
		distance = name_distance(name, other, best);
		if (distance < best) {
			best = distance;
			nearest = other;
		}
	}
}
