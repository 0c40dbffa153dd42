#include "supervisor/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_MAX ((size_t)256 << 20)

static int
create_nameless(const char *name)
{
	int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC);

	if (fd >= 0)
		return fd;
	/* Old kernels and filters: a file that has no name any more. */
	fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd
		       : open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int
memfile_create(int dir_fd, const char *name, mode_t mode)
{
	int fd;

	if (dir_fd < 0)
		return create_nameless(name);
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -1;
	fd = openat(dir_fd, name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && fchmod(fd, mode) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
is_trusted(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == geteuid() && st.st_nlink == 1 &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int
memfile_open(int dir_fd, const char *name, int flags)
{
	int fd = openat(
		dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && !is_trusted(fd)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

int
memfile_grow(int fd, size_t len)
{
	int error;

	do
		error = posix_fallocate(fd, 0, (off_t)len);
	while (error == EINTR);
	if (error == 0)
		return 0;
	/* A file system that cannot promise space: it is no worse than that. */
	if (error == EOPNOTSUPP || error == ENOSYS || error == EPERM)
		return ftruncate(fd, (off_t)len);
	errno = error;
	return -1;
}

void *
memfile_map(int fd, size_t len)
{
	void *base = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, fd, 0);

	return base == MAP_FAILED ? NULL : base;
}

static bool
read_all(int fd, char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

void *
memfile_read(int dir_fd, const char *name, size_t *len, const char **why)
{
	struct stat st;
	char *bytes = NULL;
	int fd = memfile_open(dir_fd, name, O_RDONLY);

	*why = NULL;
	if (fd < 0) {
		if (errno != ENOENT)
			*why = errno == ESTALE ? "it is not a plain file that "
						 "only we can write"
					       : "it cannot be opened";
		return NULL;
	}
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size > READ_MAX)
		*why = "it is too large";
	else if (!(bytes = malloc((size_t)st.st_size + 1)))
		*why = "there is no memory to read it";
	else if (!read_all(fd, bytes, (size_t)st.st_size)) {
		*why = "it cannot be read";
		free(bytes);
		bytes = NULL;
	} else {
		bytes[st.st_size] = '\0';
		*len = (size_t)st.st_size;
	}
	close(fd);
	return bytes;
}

void
memfile_free(void *bytes)
{
	free(bytes);
}

int
memfile_write(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}
