#include "init/finish.h"

#include <errno.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/clock.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/process.h"
#include "init/signals.h"
#include "lib/handoff.h"
#include "lib/log.h"

/*
 * The one place that signals everything. From any other process than PID 1 it
 * would reach the whole machine of whoever tries init out.
 */
static void
signal_all(int signal)
{
	if (getpid() == 1)
		kill(-1, signal);
}

/*
 * Reaps until child is gone (0: until there is no child at all) or the time is
 * over. All processes are descendants of PID 1, so without children nothing
 * is left. Returns whether it is so.
 */
static bool
await_end(pid_t child, unsigned time_ms)
{
	uint64_t deadline_ms = clock_ms() + time_ms;
	sigset_t set;
	int left_ms;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while ((left_ms = clock_left_ms(deadline_ms)) > 0) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		struct timespec left = {
			left_ms / 1000, left_ms % 1000 * 1000000L};

		if ((pid < 0 && errno == ECHILD) || (pid > 0 && pid == child))
			return true;
		if (pid == 0)
			sigtimedwait(&set, NULL, &left);
	}
	return false;
}

static void
end_processes(bool at_once)
{
	if (!at_once) {
		signal_all(SIGTERM);
		/* What is stopped takes TERM only once it goes on. */
		signal_all(SIGCONT);
		if (await_end(0, LIMIT_TERM_MS))
			return;
		log_warn("some processes ignore TERM; killing them");
	}
	signal_all(SIGKILL);
	if (!await_end(0, LIMIT_KILL_MS))
		log_error("some processes do not die of KILL; "
			  "going on without them");
}

static int
run_sync(void *unused)
{
	(void)unused;
	sync();
	return 0;
}

/* In a child, since a disk that does not answer holds sync for ever. */
static void
sync_disks(void)
{
	static pid_t pid;

	if (process_start(run_sync, NULL, &pid) < 0)
		sync();
	else if (!await_end(pid, LIMIT_SYNC_MS))
		log_error("sync takes too long; going on without it");
}

/* What reboot(2) is asked for; -1 for an end that is none of ours. */
static int
reboot_command(int end)
{
	switch (end) {
	case END_POWEROFF:
	case END_EXIT: /* a machine has nobody to take a status */
		return RB_POWER_OFF;
	case END_REBOOT:
		return RB_AUTOBOOT;
	case END_HALT:
		return (int)RB_HALT_SYSTEM;
	case END_KEXEC:
		return RB_KEXEC;
	default:
		return -1;
	}
}

bool
finish_is_known(int end)
{
	/* 0 and -1 are no commands of reboot(2), but both are ints. */
	return end >= END_POWEROFF && end <= END_EXIT && end != END_SWITCH_ROOT;
}

static _Noreturn void
stop_machine(int end)
{
	sigset_t set;

	sync_disks();
	reboot(reboot_command(end));
	if (end == END_KEXEC) {
		log_error("no kernel is loaded for kexec; rebooting");
		reboot(RB_AUTOBOOT);
	}
	/* PID 1 of a machine may not exit, whatever went wrong. */
	log_error("the machine cannot be stopped: %m; turn it off by hand");
	signals_set(&set);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sigwaitinfo(&set, NULL);
	}
}

_Noreturn void
finish_run(struct finish *finish)
{
	finish->is_begun = true;
	log_info("ending all processes");
	end_processes(finish->at_once);
	finish_now(finish);
}

_Noreturn void
finish_now(const struct finish *finish)
{
	if (finish->on_machine)
		stop_machine(finish->end);
	leave(finish->status);
}
