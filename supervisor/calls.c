#include "supervisor/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"

#define NOWHERE (-1L) /* a descriptor, and flags that there are none of */
#ifdef SYS_futex
#define FUTEX SYS_futex
#else
#define FUTEX SYS_futex_time64
#endif
#ifdef SYS_timerfd_settime
#define TIMERFD_SETTIME SYS_timerfd_settime
#else
#define TIMERFD_SETTIME SYS_timerfd_settime64
#endif
#define FUTEX_WAKE_OP 1
#define DONT_NEED     4 /* MADV_DONTNEED */

enum need {
	SPARED, /* there is another way */
	NEEDED,
	OLDER /* needed where the one before is refused */
};

/*
 * Arguments with which the kernel does nothing: it finds them wrong, or there
 * is nothing to do. No such call is answered EPERM or ENOSYS for these.
 */
static const struct {
	const char *name;
	long number;
	long arg[5];
	enum need need;
	const char *without;
} calls[] = {
#ifdef SYS_epoll_create
	{"epoll_create1", SYS_epoll_create1, {NOWHERE}, SPARED,
		"epoll_create does"},
	{"epoll_create", SYS_epoll_create, {NOWHERE}, OLDER,
		"events cannot be waited for"},
#else
	{"epoll_create1", SYS_epoll_create1, {NOWHERE}, NEEDED,
		"events cannot be waited for"},
#endif
#ifdef SYS_signalfd
	{"signalfd4", SYS_signalfd4, {NOWHERE, 0, 0, NOWHERE}, SPARED,
		"signalfd does"},
	{"signalfd", SYS_signalfd, {NOWHERE, 0, 0}, OLDER,
		"signals cannot be read"},
#else
	{"signalfd4", SYS_signalfd4, {NOWHERE, 0, 0, NOWHERE}, NEEDED,
		"signals cannot be read"},
#endif
	{"waitid", SYS_waitid, {0, 0, 0, 0, 0}, NEEDED,
		"the ends of services cannot be seen"},
	{"dup3", SYS_dup3, {NOWHERE, NOWHERE, 0}, SPARED,
		"fcntl gives services their descriptors"},
#ifdef SYS_close_range
	{"close_range", SYS_close_range, {NOWHERE, NOWHERE, 0}, SPARED,
		"descriptors are closed one by one, and each start copies "
		"all of ours"},
#endif
#ifdef SYS_pidfd_open
	{"pidfd_open", SYS_pidfd_open, {NOWHERE, 0}, SPARED,
		"what an earlier supervisor has started is signalled by pid, "
		"after a look at its start time"},
#endif
#ifdef SYS_pidfd_send_signal
	{"pidfd_send_signal", SYS_pidfd_send_signal, {NOWHERE, 0, 0, 0}, SPARED,
		"what an earlier supervisor has started is signalled by pid"},
#endif
#ifdef SYS_execveat
	{"execveat", SYS_execveat, {NOWHERE, (long)"", 0, 0, AT_EMPTY_PATH},
		SPARED, "programs are executed again through /proc/self/fd"},
#endif
	{"memfd_create", SYS_memfd_create, {(long)"", NOWHERE}, SPARED,
		"without a run-time root, nameless files in /dev/shm or /tmp "
		"do"},
#ifdef SYS_renameat2
	{"renameat2", SYS_renameat2,
		{NOWHERE, (long)"", NOWHERE, (long)"", NOWHERE}, SPARED,
		"logs are renamed after a look at the name"},
#endif
	{"getrandom", SYS_getrandom, {0, 0, NOWHERE}, SPARED,
		"svctl makes its tokens of time and pid"},
	{"fallocate", SYS_fallocate, {NOWHERE, 0, 0, 1}, SPARED,
		"space for the status page is not kept beforehand"},
	{"splice", SYS_splice, {NOWHERE, 0, NOWHERE, 0, 1}, SPARED,
		"svlog copies what it reads"},
	{"futex", FUTEX, {0, FUTEX_WAKE_OP, 0}, SPARED,
		"svctl looks again and again while it waits"},
	{"madvise", SYS_madvise, {0, 0, DONT_NEED}, SPARED,
		"memory that is not needed is kept"},
	{"prctl", SYS_prctl, {PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0}, SPARED,
		"orphans of services come to PID 1, and to us only if we are "
		"that"},
	{"prlimit64", SYS_prlimit64, {NOWHERE, NOWHERE}, SPARED,
		"a service that asks for a limit fails to start"},
	{"inotify_init1", SYS_inotify_init1, {NOWHERE}, SPARED,
		"files that are waited for are looked for again and again"},
	{"timerfd_create", SYS_timerfd_create, {NOWHERE, NOWHERE}, SPARED,
		"services do not run at their times"},
	{"timerfd_settime", TIMERFD_SETTIME, {NOWHERE, 0, 0, 0}, SPARED,
		"services do not run at their times"},
	{"utimensat", SYS_utimensat, {NOWHERE, 0, 0, 0}, SPARED,
		"catch-up does not know when a service ran last"},
};

/* 0, or the error that says that it is refused. */
static int
try(long number, const long arg[5])
{
	if (syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], 0L) >= 0)
		return 0;
	return errno == EPERM || errno == ENOSYS ? errno : 0;
}

bool
calls_try(unsigned n, struct call *out)
{
	if (n >= sizeof(calls) / sizeof(calls[0]))
		return false;
	out->name = calls[n].name;
	out->is_needed = calls[n].need != SPARED;
	out->without = calls[n].without;
	out->error = calls[n].need == OLDER && try(calls[n - 1].number,
						       calls[n - 1].arg) == 0
			     ? 0
			     : try(calls[n].number, calls[n].arg);
	return true;
}

void
calls_tell(void)
{
	struct call call;

	for (unsigned n = 0; calls_try(n, &call); n++) {
		if (call.error == 0)
			continue;
		if (call.is_needed)
			log_error("%s is refused (%s): %s, and there is no "
				  "other way; the seccomp filter has to allow "
				  "it",
				call.name, strerror(call.error), call.without);
		else
			log_warn("%s is refused (%s): %s", call.name,
				strerror(call.error), call.without);
	}
}
