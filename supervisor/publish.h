/*
 * The writer's side of the status page (lib/page.h): the only code that
 * changes it. Everything published in a turn is followed by one wake-up.
 */
#ifndef SUPERVISOR_PUBLISH_H
#define SUPERVISOR_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/page.h"

struct publisher {
	unsigned char *base; /* the mapping, longer than the file */
	struct page_header *header;
	size_t len; /* of the file */
	int fd;
	uint32_t wake_bits;   /* of what changed since the last wake-up */
	bool is_more_waiting; /* the last wake-up was not enough */
};

/*
 * Takes the page in dir_fd over, results included, or makes a new one; dir_fd
 * -1: in memory only. Returns 0, or -1 with errno.
 */
int publish_open(struct publisher *p, int dir_fd, mode_t mode);

/*
 * Between begin and end names, strings and the index change: all readers look
 * them up again. begin makes room for count entries and strings_len bytes
 * (0, or -1 with errno and nothing changed); the caller then fills in all
 * entries, publish_index() and publish_strings().
 */
int
publish_names_begin(struct publisher *p, uint32_t count, size_t strings_len);
uint32_t *publish_index(struct publisher *p);
char *publish_strings(struct publisher *p);
void publish_names_end(struct publisher *p, uint32_t index_len);

/* The entry, to be read by the writer. */
const struct page_entry *publish_peek(const struct publisher *p, uint32_t id);
/* Puts entry (its seq is ignored) in place; to be woken later. */
void
publish_entry(struct publisher *p, uint32_t id, const struct page_entry *entry);
/* What the service says about itself; its entry says where that is kept. */
void publish_status(struct publisher *p, uint32_t id, const char *text);
void publish_event(struct publisher *p, const struct page_event *event);
void publish_result(struct publisher *p, uint64_t token, int32_t code,
	uint32_t svc, enum page_detail detail);
bool publish_has_result(const struct publisher *p, uint64_t token);
void publish_flags(struct publisher *p, uint32_t set, uint32_t clear);
/* Wakes at most 64 waiters; is_more_waiting tells to call again. */
void publish_wake(struct publisher *p);

/* As a reader sees it. */
struct page_view publish_view(const struct publisher *p);

#endif
