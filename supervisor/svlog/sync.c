#include "supervisor/svlog/sync.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/futex.h"

#define EVERY_BIT 0xffffffffu
#define SECOND_NS UINT64_C(1000000000)

static _Atomic uint32_t taken; /* descriptor + 1; 0: none */
static bool is_running;

static void *
loop(void *unused)
{
	for (;;) {
		uint32_t mine = atomic_load(&taken);

		if (mine == 0) {
			futex_wait(&taken, 0, EVERY_BIT, 3600 * SECOND_NS);
			continue;
		}
		fdatasync((int)mine - 1);
		close((int)mine - 1);
		atomic_store(&taken, 0);
		futex_wake(&taken, EVERY_BIT, INT_MAX);
	}
	return unused;
}

static bool
start(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, SYNC_STACK);
	is_running = pthread_create(&thread, &attributes, loop, NULL) == 0;
	pthread_attr_destroy(&attributes);
	return is_running;
}

bool
sync_file(int fd)
{
	if (!is_running && !start()) {
		fdatasync(fd);
		return false;
	}
	if (atomic_load(&taken) != 0)
		return false;
	atomic_store(&taken, (uint32_t)fd + 1);
	futex_wake(&taken, EVERY_BIT, INT_MAX);
	return true;
}

void
sync_wait(uint32_t ms)
{
	uint32_t seen = atomic_load(&taken);

	if (seen != 0)
		futex_wait(&taken, seen, EVERY_BIT, ms * (SECOND_NS / 1000));
}
