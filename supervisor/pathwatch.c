#include "supervisor/pathwatch.h"

#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/paths.h"
#include "supervisor/loop.h"
#include "supervisor/ready.h"

#define MASK                                                                   \
	(IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR | IN_MASK_ADD)
/* A read a turn; what is left is for the next one. */
#define BYTES 4096

static int inotify_fd = -1;
static unsigned users;

static void
give_back(struct supervisor *sv)
{
	if (users > 0 || inotify_fd < 0)
		return;
	loop_remove(sv, inotify_fd);
	close(inotify_fd);
	inotify_fd = -1;
}

static int
directory_of(const char *path, char out[PATHS_CAP])
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash || len >= PATHS_CAP)
		return -1;
	memcpy(out, path, len);
	memcpy(out + len, len == 0 ? "/" : "", len == 0 ? 2 : 1);
	return 0;
}

int
pathwatch_add(struct supervisor *sv, const char *path)
{
	char directory[PATHS_CAP];
	int watch;

	if (directory_of(path, directory) < 0)
		return -1;
	if (inotify_fd < 0) {
		inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (inotify_fd < 0)
			return -1;
		if (loop_add(sv, inotify_fd, LOOP_PATH) < 0) {
			close(inotify_fd);
			inotify_fd = -1;
			return -1;
		}
	}
	watch = inotify_add_watch(inotify_fd, directory, MASK);
	if (watch >= 0)
		users++;
	else
		give_back(sv);
	return watch;
}

void
pathwatch_remove(struct supervisor *sv, int watch)
{
	/* Others may wait for the same directory: it goes with the last of
	 * all, which are few, and not for long. */
	(void)watch;
	users--;
	give_back(sv);
}

void
pathwatch_read(struct supervisor *sv)
{
	static char bytes[BYTES] __attribute__((aligned(8)));
	ssize_t len =
		inotify_fd < 0 ? -1 : read(inotify_fd, bytes, sizeof(bytes));
	int last = -1;

	for (ssize_t at = 0; at < len;) {
		struct inotify_event event;

		memcpy(&event, bytes + at, sizeof(event));
		/* One look for many files made at once. */
		if (event.wd != last)
			ready_path_event(sv, event.wd);
		last = event.wd;
		at += (ssize_t)(sizeof(event) + event.len);
	}
}
