#include "init/boot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/burst.h"
#include "init/clock.h"
#include "init/finish.h"
#include "init/launch.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/link.h"
#include "init/machine.h"
#include "init/options.h"
#include "init/signals.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/signame.h"

struct boot {
	const struct options *options;
	const char *program; /* argv[0] */
	bool on_machine;
	int signal_fd;
	struct link link;

	pid_t pid;	      /* of the supervisor or rescue shell; 0: none */
	bool is_rescue;	      /* it is, or is to be, the rescue shell */
	uint64_t start_at_ms; /* not before, while there is none */
	uint64_t rescued_ms;  /* when the last rescue shell was started */
	int deaths;	      /* of supervisors */
	struct burst dying;
	struct burst forcing; /* INT and TERM */
	uint64_t stops; /* bit of each signal passed on that may mean a stop */
};

static const unsigned char passed[] = {
	SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGPWR, SIGWINCH};

/* What a next supervisor has to be told again if one dies while stopping. */
#define STOPS                                                                  \
	(UINT64_C(1) << SIGTERM | UINT64_C(1) << SIGINT |                      \
		UINT64_C(1) << SIGQUIT | UINT64_C(1) << SIGPWR |               \
		UINT64_C(1) << SIGUSR1 | UINT64_C(1) << SIGUSR2)

static _Noreturn void
give_up(const struct boot *boot, bool at_once)
{
	const struct finish finish = {.on_machine = boot->on_machine,
		.at_once = at_once,
		.end = boot->on_machine ? END_REBOOT : END_EXIT,
		.status = LIMIT_GIVEN_UP_STATUS};

	finish_run(&finish);
}

static void
take_messages(struct boot *boot)
{
	struct handoff_msg msg;

	for (int n = 0; n < LIMIT_MESSAGES; n++) {
		if (!link_receive(&boot->link, &msg))
			return;
		if (msg.type != HANDOFF_FINISH)
			continue;
		if (finish_is_known(msg.a)) {
			const struct finish finish = {
				.on_machine = boot->on_machine,
				.end = msg.a,
				.status = msg.b};

			finish_run(&finish);
		}
		log_error("the supervisor asks for an end that init does not "
			  "know (%d); going on",
			msg.a);
	}
}

/* Without a supervisor somebody at the console must still be heard. */
static void
heed_in_rescue(const struct boot *boot, int signal)
{
	struct finish finish = {.on_machine = boot->on_machine};

	if (signal == SIGINT || signal == SIGTERM)
		finish.end = END_REBOOT;
	else if (signal == SIGPWR || signal == SIGUSR2)
		finish.end = END_POWEROFF;
	else
		return;
	finish_run(&finish);
}

static void
take_signal(struct boot *boot, int signal)
{
	if ((signal == SIGINT || signal == SIGTERM) &&
		burst_add(&boot->forcing, clock_ms(), LIMIT_FORCE_WINDOW_MS) >=
			LIMIT_FORCE) {
		log_error("%d INT or TERM within %u ms; ending at once",
			LIMIT_FORCE, LIMIT_FORCE_WINDOW_MS);
		give_up(boot, true);
	}
	if (boot->is_rescue)
		heed_in_rescue(boot, signal);
	for (size_t i = 0; i < sizeof passed; i++) {
		if (passed[i] != signal)
			continue;
		link_signal(&boot->link, signal);
		boot->stops |= UINT64_C(1) << signal & STOPS;
	}
}

static void
take_signals(struct boot *boot)
{
	struct signalfd_siginfo info[8];
	ssize_t len;

	do {
		len = read(boot->signal_fd, info, sizeof info);
		for (ssize_t i = 0; i < len / (ssize_t)sizeof info[0]; i++)
			take_signal(boot, (int)info[i].ssi_signo);
	} while (len == (ssize_t)sizeof info);
}

static void
report_end(const siginfo_t *info)
{
	char name[16];

	if (info->si_code == CLD_EXITED)
		log_error("supervisor: exited %d", info->si_status);
	else
		log_error("supervisor: killed by SIG%s",
			signame_get(info->si_status, name));
}

static void
mourn_supervisor(struct boot *boot, const siginfo_t *info)
{
	uint64_t now_ms = clock_ms();

	report_end(info);
	link_greet(&boot->link, ++boot->deaths);
	boot->link.waiting |= boot->stops;
	if (burst_add(&boot->dying, now_ms, LIMIT_DEATHS_WINDOW_MS) <
		LIMIT_DEATHS) {
		log_info("supervisor: starting it again");
		return;
	}
	log_error("supervisor: died %d times within %u s; %s", LIMIT_DEATHS,
		LIMIT_DEATHS_WINDOW_MS / 1000,
		boot->on_machine ? "starting a rescue shell" : "giving up");
	if (!boot->on_machine)
		give_up(boot, false);
	boot->dying.len = 0;
	boot->is_rescue = true;
	if (boot->rescued_ms)
		boot->start_at_ms = boot->rescued_ms + LIMIT_RESCUE_MS;
}

/* Reaps the supervisor or rescue shell if it is dead. */
static bool
reap_own(struct boot *boot)
{
	siginfo_t info = {.si_pid = 0};

	if (boot->pid == 0 ||
		waitid(P_PID, (id_t)boot->pid, &info, WEXITED | WNOHANG) != 0 ||
		info.si_pid == 0)
		return false;
	boot->pid = 0;
	if (boot->is_rescue) {
		log_info("rescue shell: ended; starting the supervisor");
		boot->is_rescue = false;
	} else {
		mourn_supervisor(boot, &info);
	}
	return true;
}

/* As wait(2) gives it; init's headers have no macros for the way back. */
static int
wait_status(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (info->si_status & 255) << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? 128 : 0);
}

/*
 * Reaps the dead. A death is told before it is reaped: when the pair is full,
 * zombies are the queue. Children of a dead supervisor come to init in the
 * same instant in which it can be waited for, so looking for its death after
 * seeing one of them, and before reaping, misses none.
 */
static void
reap(struct boot *boot)
{
	for (;;) {
		siginfo_t info = {.si_pid = 0};

		if (boot->link.is_full) {
			reap_own(boot);
			return;
		}
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
			info.si_pid == 0)
			return;
		if (reap_own(boot))
			continue;
		/* Before any supervisor has died, all are mere orphans. */
		if (boot->deaths > 0 && !link_death(&boot->link, info.si_pid,
						wait_status(&info)))
			continue;
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
	}
}

static void
start(struct boot *boot)
{
	if (boot->pid != 0 || clock_left_ms(boot->start_at_ms) > 0)
		return;
	if (boot->is_rescue) {
		boot->pid = launch_rescue();
		boot->rescued_ms = clock_ms();
	} else {
		boot->pid = launch_supervisor(
			boot->options, boot->program, boot->link.peer_fd);
	}
	if (boot->pid < 0) {
		log_error("%s: no process could be made: %m; retry in %u ms",
			boot->is_rescue ? "rescue shell" : "supervisor",
			LIMIT_FORK_RETRY_MS);
		boot->pid = 0;
		boot->start_at_ms = clock_ms() + LIMIT_FORK_RETRY_MS;
	}
}

static void
turn(struct boot *boot)
{
	struct pollfd fds[2] = {{.fd = boot->signal_fd, .events = POLLIN},
		{.fd = boot->link.fd,
			.events = boot->link.is_full ? POLLIN | POLLOUT
						     : POLLIN}};
	int wait_ms = boot->pid ? -1 : clock_left_ms(boot->start_at_ms);

	if (poll(fds, 2, wait_ms) > 0) {
		if (fds[1].revents & POLLOUT)
			boot->link.is_full = false;
		if (fds[1].revents & POLLIN)
			take_messages(boot);
		if (fds[0].revents & POLLIN)
			take_signals(boot);
	}
	reap(boot);
	link_flush(&boot->link);
	start(boot);
}

/* Descriptors that init was started with are no business of services. */
static void
close_inherited(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
		return;
#endif
	/* An old kernel or a filter; who opened more than that wants it so. */
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
}

/*
 * To "/", or the directory that init was started in could not be unmounted.
 * Not if a supervisor, also the next one, has paths to find from there.
 */
static void
leave_directory(const struct boot *boot)
{
	const struct paths_options paths = {.config = boot->options->config,
		.runtime = boot->options->runtime};
	const char *program = boot->program;

	if (paths_are_relative(&paths) ||
		paths_is_relative(getenv("TEND_SUPERVISOR")) ||
		(paths_is_relative(program) && strchr(program, '/')))
		return;
	if (chdir("/") != 0)
		log_warn("/: %m");
}

/* What init needs to run at all: it can wait for it, but not do without. */
static bool
open_fds(struct boot *boot)
{
	sigset_t set;

	if (link_open(&boot->link, boot->on_machine ? 0 : HANDOFF_CONTAINER))
		return false;
	signals_set(&set);
	boot->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (boot->signal_fd >= 0)
		return true;
	close(boot->link.fd);
	close(boot->link.peer_fd);
	return false;
}

_Noreturn void
boot_run(const struct options *options, const char *program, bool on_machine)
{
	static struct boot boot;

	boot.options = options;
	boot.program = program;
	boot.on_machine = on_machine;
	close_inherited();
	leave_directory(&boot);
	if (on_machine)
		machine_mount();
	machine_open_fds(on_machine);
	signals_reset();
	while (!open_fds(&boot)) {
		const struct timespec pause = {.tv_sec = 1};

		log_error("cannot open what init needs: %m; retry in 1 s");
		if (!on_machine)
			leave(LIMIT_GIVEN_UP_STATUS);
		nanosleep(&pause, NULL);
	}
	/* From here on only finish_run ends init. */
	link_greet(&boot.link, 0);
	for (;;)
		turn(&boot);
}
