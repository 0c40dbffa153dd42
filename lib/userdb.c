#include "lib/userdb.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)16 << 20)

static int
read_all(int fd, char *bytes, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, bytes + *len, size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	return 0;
}

/* Into a mapping: of what malloc() is given back, a large part would stay. */
static int
take(struct userdb *db, int fd)
{
	struct stat st;
	void *base;
	int error;

	if (fstat(fd, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (st.st_size > FILE_MAX)
		return EFBIG;
	if (st.st_size == 0)
		return 0;
	base = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return ENOMEM;
	db->base = base;
	db->size = (size_t)st.st_size;
	db->text.at = base;
	error = read_all(fd, base, db->size, &db->text.len);
	if (error != 0)
		db->text.len = 0;
	return error;
}

int
userdb_open(struct userdb *db, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int error;

	*db = (struct userdb){.base = NULL};
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
	error = take(db, fd);
	close(fd);
	return error;
}

void
userdb_close(struct userdb *db)
{
	if (db->base)
		munmap(db->base, db->size);
	*db = (struct userdb){.base = NULL};
}
