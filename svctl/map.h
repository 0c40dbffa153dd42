/*
 * The status page as this process sees it: mapped read-only, mapped again when
 * it grows, and whether the supervisor that writes it is alive.
 */
#ifndef SVCTL_MAP_H
#define SVCTL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/page.h"

struct map {
	struct page_view view; /* base NULL: not mapped */
	int fd;		       /* -1: none */
	uint64_t inode;
	bool is_trusted; /* written by root or us: its pids may be signalled */
};

void map_init(struct map *map);
/*
 * RUNTIME/status. 0, or -1 with errno: EPROTO for a file that is no page of
 * this version, though it got a second's time to become one.
 */
int map_open(struct map *map, const char *runtime);
void map_close(struct map *map);
/* Maps what has grown. False: the page can no longer be read. */
bool map_refresh(struct map *map);
/* A copy of the header; zeros if there is none. */
struct page_header map_header(struct map *map);
/*
 * The entry of a name; PAGE_NONE when there is none. Looks again for a while
 * when its writer was caught in the middle.
 */
uint32_t map_entry(struct map *map, const char *name, struct page_entry *out);
/* The name of an id, "" if none. */
const char *map_name(struct map *map, uint32_t id);

/* The futex word; read it before looking at what is waited for. */
uint32_t map_turn(struct map *map);
/* Sleeps until turn changes, at most ms. False: nothing woke us. */
bool map_sleep(struct map *map, uint32_t turn, uint32_t bits, uint32_t ms);

/* By pid and, where /proc tells it, by start time. */
bool map_supervisor_is_alive(const struct page_header *header);

/* The nearest name of the page, NULL if none is near. */
const char *map_nearest(struct map *map, const char *name);

/* Milliseconds. */
uint64_t clock_mono_ms(void);
uint64_t clock_boot_ms(void);

#endif
