#include "supervisor/cgroup_watch.h"

#include <string.h>
#include <unistd.h>

#include "supervisor/loop.h"
#include "supervisor/supervisor.h"

#define WATCHES_MAX 64u

static struct {
	uint32_t id;
	int fd; /* 0: free */
} watches[WATCHES_MAX];

static unsigned
find(uint32_t id)
{
	unsigned i = 0;

	while (i < WATCHES_MAX && (watches[i].fd == 0 || watches[i].id != id))
		i++;
	return i;
}

/* To read it is what arms the next event. */
static bool
is_populated(int fd)
{
	char bytes[128];
	ssize_t n = pread(fd, bytes, sizeof(bytes) - 1, 0);

	bytes[n > 0 ? n : 0] = '\0';
	return strstr(bytes, "populated 1") != NULL;
}

bool
cgroup_watch_begin(struct supervisor *sv, uint32_t id, int fd)
{
	unsigned i = 0;

	if (!is_populated(fd)) {
		close(fd);
		return false;
	}
	while (i < WATCHES_MAX && watches[i].fd != 0)
		i++;
	if (i == WATCHES_MAX ||
		loop_add_urgent(sv, fd, LOOP_CGROUP | (uint32_t)i) < 0) {
		close(fd);
		return true;
	}
	watches[i].id = id;
	watches[i].fd = fd;
	return true;
}

void
cgroup_watch_end(struct supervisor *sv, uint32_t id)
{
	unsigned i = find(id);

	if (i == WATCHES_MAX)
		return;
	loop_remove(sv, watches[i].fd);
	close(watches[i].fd);
	watches[i].fd = 0;
}

bool
cgroup_watch_look(struct supervisor *sv, uint32_t id)
{
	unsigned i = find(id);

	if (i < WATCHES_MAX && is_populated(watches[i].fd))
		return true;
	cgroup_watch_end(sv, id);
	return false;
}

bool
cgroup_watch_has(uint32_t id)
{
	return find(id) < WATCHES_MAX;
}

uint32_t
cgroup_watch_of(unsigned which)
{
	return which < WATCHES_MAX && watches[which].fd != 0 ? watches[which].id
							     : PLAN_NONE;
}
