#include "supervisor/svlog/last.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "last"
#define NEW_FILE  ".new"
#define WORDS_MAX 512
#define CURRENT	  "current"

static int
open_directory(int dir_fd)
{
	if (mkdirat(dir_fd, DIRECTORY, 0750) < 0 && errno != EEXIST)
		return -1;
	return openat(dir_fd, DIRECTORY,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The file that is not there, or else the oldest one: "1" to "8". */
static void
choose(int last_fd, char name[2])
{
	struct timespec oldest = {0};
	struct stat st;

	name[0] = '1';
	name[1] = '\0';
	for (int n = 0; n < LAST_FILES; n++) {
		const char file[2] = {(char)('1' + n), '\0'};

		if (fstatat(last_fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			name[0] = file[0];
			return;
		}
		if (n == 0 || st.st_mtim.tv_sec < oldest.tv_sec ||
			(st.st_mtim.tv_sec == oldest.tv_sec &&
				st.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = st.st_mtim;
			name[0] = file[0];
		}
	}
}

static int
write_all(int fd, const char *bytes, size_t len)
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

/* What is left when the first, cut line goes; all of it if it is short. */
static size_t
whole_lines_from(const char *tail, size_t len)
{
	const char *from = tail;
	const char *end;

	if (len <= LAST_BYTES)
		return 0;
	from = tail + len - LAST_BYTES;
	if (from[-1] == '\n')
		return (size_t)(from - tail);
	end = memchr(from, '\n', LAST_BYTES);
	/* A line that is longer than all there is room for is cut. */
	return (size_t)((end && end + 1 < tail + len ? end + 1 : from) - tail);
}

static int
write_file(int last_fd, const char *words, size_t words_len, const char *tail,
	size_t tail_len)
{
	char text[WORDS_MAX + 2];
	size_t len = words_len < WORDS_MAX ? words_len : WORDS_MAX;
	size_t from = whole_lines_from(tail, tail_len);
	char name[2];
	int result = -1;
	int error;
	int fd;

	for (size_t i = 0; i < len; i++)
		text[i] = words[i] == ' ' ? '\n' : words[i];
	text[len] = '\n';
	text[len + 1] = '\n';
	unlinkat(last_fd, NEW_FILE, 0);
	fd = openat(last_fd, NEW_FILE,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	choose(last_fd, name);
	if (write_all(fd, text, len + 2) == 0 &&
		write_all(fd, tail + from, tail_len - from) == 0)
		result = renameat(last_fd, NEW_FILE, last_fd, name);
	error = errno;
	close(fd);
	if (result < 0)
		unlinkat(last_fd, NEW_FILE, 0);
	errno = error;
	return result;
}

int
last_write(int dir_fd, const char *words, size_t words_len, const char *tail,
	size_t tail_len)
{
	int fd = open_directory(dir_fd);
	int result;
	int error;

	if (fd < 0)
		return -1;
	result = write_file(fd, words, words_len, tail, tail_len);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* The last bytes of a file, at most cap; their number. */
static size_t
read_end(int dir_fd, const char *file, char *out, size_t cap)
{
	int fd = openat(
		dir_fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)cap ? size - (off_t)cap : 0;
	size_t len = 0;

	while (fd >= 0 && len < cap) {
		ssize_t n = pread(fd, out + len, cap - len, from + (off_t)len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return len;
}

int
last_record(int dir_fd, const char *words, size_t words_len)
{
	/* One more: it tells whether what follows begins a line. */
	char tail[LAST_BYTES + 1];
	size_t len = read_end(dir_fd, CURRENT, tail, sizeof(tail));

	return last_write(dir_fd, words, words_len, tail, len);
}
