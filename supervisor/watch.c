#include "supervisor/watch.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "supervisor/adopt.h"
#include "supervisor/loop.h"
#include "supervisor/reap.h"
#include "supervisor/supervisor.h"

/* linux/pidfd.h: the first version of struct pidfd_info, and its ioctl. */
struct info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define GET_INFO  _IOWR(0xFF, 11, struct info)
#define INFO_EXIT (UINT64_C(1) << 3)

_Static_assert(sizeof(struct info) == 64, "the kernel's first version");

/* What is left for everything else when descriptors are short. */
#define FD_RESERVE 32
/* Between two looks at what has no pidfd. */
#define LOOK_MS 1000u

static int32_t *pidfd;	   /* of the service plus 1, 0: none */
static uint32_t looked_at; /* services */
static uint64_t next_look_ms;

static bool
make_table(void)
{
	void *base;

	if (pidfd)
		return true;
	base = mmap(NULL, SERVICES_MAX * sizeof(*pidfd), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return false;
	pidfd = base;
	return true;
}

static void
look_at(struct supervisor *sv, uint32_t id)
{
	if (sv->service[id].is_looked_at)
		return;
	if (looked_at++ == 0)
		next_look_ms = sv->plan.now_ms + LOOK_MS;
	sv->service[id].is_looked_at = true;
}

static bool
is_spare(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	       (rlim_t)fd + FD_RESERVE < limit.rlim_cur;
}

bool
watch_begin(struct supervisor *sv, uint32_t id)
{
	int fd;

	if (sv->init_fd >= 0)
		return true;
	if (!make_table()) {
		log_warn("%s: %m; its end will not be seen",
			service_name(sv, id));
		return true;
	}
	fd = adopt_open_pidfd(journal_record(&sv->journal, id));
	if (fd < 0 && errno == ESRCH)
		return false;
	if (fd >= 0 && is_spare(fd) && loop_add(sv, fd, LOOP_PIDFD | id) == 0) {
		pidfd[id] = fd + 1;
		return true;
	}
	if (fd >= 0)
		close(fd);
	look_at(sv, id);
	return true;
}

void
watch_end(struct supervisor *sv, uint32_t id)
{
	if (sv->service[id].is_looked_at)
		looked_at--;
	sv->service[id].is_looked_at = false;
	if (pidfd && pidfd[id] != 0) {
		loop_remove(sv, pidfd[id] - 1);
		close(pidfd[id] - 1);
		pidfd[id] = 0;
	}
}

/* What the kernel keeps from the moment on in which its parent took it. */
static int
read_status(uint32_t id, bool *is_kept, int32_t *status)
{
	struct info info = {.mask = INFO_EXIT};

	*is_kept = false;
	if (syscall(SYS_ioctl, pidfd[id] - 1, GET_INFO, &info) < 0)
		return -1;
	*is_kept = (info.mask & INFO_EXIT) != 0;
	*status = info.exit_code;
	return 0;
}

void
watch_ready(struct supervisor *sv, uint32_t id)
{
	int32_t status = 0;
	bool is_kept;

	if (!pidfd || pidfd[id] == 0)
		return;
	if (read_status(id, &is_kept, &status) == 0 && !is_kept &&
		!sv->service[id].is_looked_at &&
		loop_change(sv, pidfd[id] - 1, LOOP_PIDFD | id, false) == 0) {
		/* It hangs up when the parent takes the status. A parent that
		 * never does so is not waited for for ever. */
		look_at(sv, id);
		return;
	}
	reap_adopted(sv, id, status, is_kept);
}

void
watch_look(struct supervisor *sv)
{
	if (looked_at == 0 || sv->plan.now_ms < next_look_ms)
		return;
	next_look_ms = sv->plan.now_ms + LOOK_MS;
	for (uint32_t id = 0; looked_at > 0 && id < sv->plan.count; id++)
		if (sv->service[id].is_looked_at &&
			adopt_is_gone(journal_record(&sv->journal, id))) {
			if (pidfd[id] != 0)
				watch_ready(sv, id);
			else
				reap_adopted(sv, id, 0, 0);
		}
}

int
watch_wait_ms(const struct supervisor *sv)
{
	if (looked_at == 0)
		return -1;
	return next_look_ms <= sv->plan.now_ms
		       ? 0
		       : (int)(next_look_ms - sv->plan.now_ms);
}
