/*
 * Files in the run-time root that are mapped or read whole: only regular files
 * of our own, with one link, that nobody else can write, are trusted.
 */
#ifndef SUPERVISOR_MEMFILE_H
#define SUPERVISOR_MEMFILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * A new, empty file (an old one of that name is removed first), or one without
 * a name where dir_fd is -1. A descriptor with CLOEXEC, or -1 with errno.
 */
int memfile_create(int dir_fd, const char *name, mode_t mode);
/* Opens one that is there and may be trusted; -1 with errno, ESTALE if not. */
int memfile_open(int dir_fd, const char *name, int flags);
/* Space that is really there: a full file system is an error now, no fault. */
int memfile_grow(int fd, size_t len);
/* Shared, for reading and writing; len may be beyond the end. NULL: errno. */
void *memfile_map(int fd, size_t len);
/*
 * All bytes of a trusted file, malloc'd and followed by a NUL, at most 256
 * MiB. NULL: *why is static text, NULL if the file is not there.
 */
void *memfile_read(int dir_fd, const char *name, size_t *len, const char **why);
void memfile_free(void *bytes);
/* All len bytes, or -1 with errno. */
int memfile_write(int fd, const char *bytes, size_t len);

#endif
