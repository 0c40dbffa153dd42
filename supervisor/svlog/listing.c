#include "supervisor/svlog/listing.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel writes it. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

void
listing_begin(struct listing *list, int fd)
{
	list->fd = fd;
	list->filled = 0;
	list->at = 0;
	lseek(fd, 0, SEEK_SET);
}

const char *
listing_next(struct listing *list)
{
	const struct entry *entry;

	if (list->at >= list->filled) {
		list->filled = syscall(SYS_getdents64, list->fd, list->bytes,
			sizeof(list->bytes));
		list->at = 0;
		if (list->filled <= 0)
			return NULL;
	}
	entry = (const void *)(list->bytes + list->at);
	list->at += entry->len;
	return entry->name;
}
