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
#include "supervisor/hook.h"
#include "supervisor/loop.h"
#include "supervisor/pids.h"
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

static int32_t *pidfd;	   /* of each process plus 1, 0: none */
static uint32_t looked_at; /* services */
static uint64_t next_look_ms;

static bool
make_table(void)
{
	void *base;

	if (pidfd)
		return true;
	base = mmap(NULL, 2 * SERVICES_MAX * sizeof(*pidfd),
		PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return false;
	pidfd = base;
	return true;
}

/* Its place in the table: those of hooks come behind all others. */
static uint32_t
place(uint32_t who)
{
	return (who & PIDS_ID) + ((who & PIDS_HOOK) != 0 ? SERVICES_MAX : 0);
}

static bool *
flag(struct supervisor *sv, uint32_t who)
{
	struct service *service = &sv->service[who & PIDS_ID];

	return (who & PIDS_HOOK) != 0 ? &service->is_hook_looked_at
				      : &service->is_looked_at;
}

static struct journal_record
record_of(struct supervisor *sv, uint32_t who)
{
	const struct journal_record *record =
		journal_record(&sv->journal, who & PIDS_ID);

	return (who & PIDS_HOOK) != 0 ? hook_as_main(record) : *record;
}

static void
ended(struct supervisor *sv, uint32_t who, int32_t status, bool is_known)
{
	if ((who & PIDS_HOOK) != 0)
		hook_adopted_died(sv, who & PIDS_ID, status, is_known);
	else
		reap_adopted(sv, who, status, is_known);
}

static void
look_at(struct supervisor *sv, uint32_t who)
{
	if (*flag(sv, who))
		return;
	if (looked_at++ == 0)
		next_look_ms = sv->plan.now_ms + LOOK_MS;
	*flag(sv, who) = true;
}

static bool
is_spare(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	       (rlim_t)fd + FD_RESERVE < limit.rlim_cur;
}

bool
watch_begin(struct supervisor *sv, uint32_t who)
{
	return sv->init_fd >= 0 || watch_follow(sv, who);
}

bool
watch_follow(struct supervisor *sv, uint32_t who)
{
	struct journal_record record;
	int fd;

	if (!make_table()) {
		log_warn("%s: %m; its end will not be seen",
			service_name(sv, who & PIDS_ID));
		return true;
	}
	record = record_of(sv, who);
	fd = adopt_open_pidfd(&record);
	if (fd < 0 && errno == ESRCH)
		return false;
	if (fd >= 0 && is_spare(fd) &&
		loop_add(sv, fd, LOOP_PIDFD | who) == 0) {
		pidfd[place(who)] = fd + 1;
		return true;
	}
	if (fd >= 0)
		close(fd);
	look_at(sv, who);
	return true;
}

void
watch_end(struct supervisor *sv, uint32_t who)
{
	if (*flag(sv, who))
		looked_at--;
	*flag(sv, who) = false;
	if (pidfd && pidfd[place(who)] != 0) {
		loop_remove(sv, pidfd[place(who)] - 1);
		close(pidfd[place(who)] - 1);
		pidfd[place(who)] = 0;
	}
}

/* What the kernel keeps from the moment on in which its parent took it. */
static int
read_status(uint32_t who, bool *is_kept, int32_t *status)
{
	struct info info = {.mask = INFO_EXIT};

	*is_kept = false;
	if (syscall(SYS_ioctl, pidfd[place(who)] - 1, GET_INFO, &info) < 0)
		return -1;
	*is_kept = (info.mask & INFO_EXIT) != 0;
	*status = info.exit_code;
	return 0;
}

void
watch_ready(struct supervisor *sv, uint32_t who)
{
	int32_t status = 0;
	bool is_kept;

	if (!pidfd || pidfd[place(who)] == 0)
		return;
	if (read_status(who, &is_kept, &status) == 0 && !is_kept &&
		!*flag(sv, who) &&
		loop_change(sv, pidfd[place(who)] - 1, LOOP_PIDFD | who,
			false) == 0) {
		/* It hangs up when the parent takes the status. A parent that
		 * never does so is not waited for for ever. */
		look_at(sv, who);
		return;
	}
	ended(sv, who, status, is_kept);
}

static void
look(struct supervisor *sv, uint32_t who)
{
	struct journal_record record;

	if (!*flag(sv, who))
		return;
	record = record_of(sv, who);
	if (!adopt_is_gone(&record))
		return;
	if (pidfd[place(who)] != 0)
		watch_ready(sv, who);
	else
		ended(sv, who, 0, false);
}

void
watch_look(struct supervisor *sv)
{
	if (looked_at == 0 || sv->plan.now_ms < next_look_ms)
		return;
	next_look_ms = sv->plan.now_ms + LOOK_MS;
	for (uint32_t id = 0; looked_at > 0 && id < sv->plan.count; id++) {
		look(sv, id);
		look(sv, id | PIDS_HOOK);
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
