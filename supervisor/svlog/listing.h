/* The names in a directory; a C library's DIR would be allocated. */
#ifndef SUPERVISOR_SVLOG_LISTING_H
#define SUPERVISOR_SVLOG_LISTING_H

struct listing {
	int fd;
	long filled;
	long at;
	_Alignas(8) char bytes[4096];
};

/* fd: of the directory, from its beginning. */
void listing_begin(struct listing *list, int fd);
/* The next name, valid until the next call; NULL at the end. */
const char *listing_next(struct listing *list);

#endif
