#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/burst.h"
#include "init/clock.h"
#include "init/fault.h"
#include "init/finish.h"
#include "init/inherited.h"
#include "init/kept.h"
#include "init/launch.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/link.h"
#include "init/machine.h"
#include "init/options.h"
#include "init/served.h"
#include "init/signals.h"
#include "init/upgrade.h"
#include "lib/events.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/signame.h"

struct boot {
	const struct options *options;
	const char *program; /* argv[0] */
	int signal_fd;
	struct kept *kept;
};

static const unsigned char passed[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1,
	SIGUSR2, SIGQUIT, SIGPWR, SIGWINCH, HANDOFF_RT_HALT,
	HANDOFF_RT_POWEROFF, HANDOFF_RT_REBOOT};

/* What a next supervisor has to be told again if one dies while stopping. */
#define STOPS                                                                  \
	(UINT64_C(1) << SIGTERM | UINT64_C(1) << SIGINT |                      \
		UINT64_C(1) << SIGQUIT | UINT64_C(1) << SIGPWR |               \
		UINT64_C(1) << SIGUSR1 | UINT64_C(1) << SIGUSR2 |              \
		UINT64_C(7) << HANDOFF_RT_HALT)

static _Noreturn void
end(struct kept *k, int how, int status, bool at_once)
{
	k->finish.on_machine = k->on_machine;
	k->finish.at_once = at_once;
	k->finish.end = how;
	k->finish.status = status;
	finish_run(&k->finish);
}

static _Noreturn void
give_up(struct kept *k, bool at_once)
{
	end(k, k->on_machine ? END_REBOOT : END_EXIT, LIMIT_GIVEN_UP_STATUS,
		at_once);
}

static void
take_message(const struct boot *boot, const struct handoff_msg *msg)
{
	struct kept *k = boot->kept;

	switch (msg->type) {
	case HANDOFF_SERVING:
		served_well(k);
		break;
	case HANDOFF_UPGRADE:
		served_await(k, msg->a);
		break;
	case HANDOFF_UPGRADE_INIT:
		upgrade_begin(boot->program);
		break;
	case HANDOFF_FINISH:
		if (finish_is_known(msg->a))
			end(k, msg->a, options_status(boot->options, msg->b),
				msg->flags & HANDOFF_AT_ONCE);
		log_error("the supervisor asks for an end that init does not "
			  "know (%d); going on",
			msg->a);
		break;
	default:
		break;
	}
}

/* A message goes only when it was acted on: init may fault in between. */
static void
take_messages(const struct boot *boot)
{
	struct handoff_msg msg;

	for (int n = 0; n < LIMIT_MESSAGES; n++) {
		if (!link_peek(&boot->kept->link, &msg))
			return;
		take_message(boot, &msg);
		link_drop(&boot->kept->link);
	}
}

/* Without a supervisor somebody at the console must still be heard. */
static void
heed_in_rescue(struct kept *k, int signal)
{
	if (signal == SIGINT || signal == SIGTERM)
		end(k, END_REBOOT, 0, false);
	if (signal == SIGPWR || signal == SIGUSR2)
		end(k, END_POWEROFF, 0, false);
}

static void
take_signal(struct kept *k, int signal)
{
	if ((signal == SIGINT || signal == SIGTERM) &&
		burst_add(&k->forcing, clock_ms(), LIMIT_FORCE_WINDOW_MS) >=
			LIMIT_FORCE) {
		log_error("%d INT or TERM within %u ms; ending at once",
			LIMIT_FORCE, LIMIT_FORCE_WINDOW_MS);
		give_up(k, true);
	}
	if (k->is_rescue)
		heed_in_rescue(k, signal);
	for (size_t i = 0; i < sizeof passed; i++) {
		if (passed[i] != signal)
			continue;
		link_signal(&k->link, signal);
		k->stops |= UINT64_C(1) << signal & STOPS;
	}
}

/*
 * Not read from the descriptor, which only wakes init: what the kernel has
 * taken out of its queue and init has not acted on must lie where the next
 * image finds it.
 */
static void
take_signals(struct kept *k)
{
	static const struct timespec at_once;
	sigset_t set;

	signals_set(&set);
	for (int n = 0; n < LIMIT_SIGNALS; n++) {
		if (sigtimedwait(&set, &k->got, &at_once) < 0)
			break;
		take_signal(k, k->got.si_signo);
		k->got.si_signo = 0;
	}
	k->got.si_signo = 0;
}

static void
report_end(const siginfo_t *info)
{
	char name[16];

	if (info->si_pid == 0)
		log_error("supervisor: ended while init could not look");
	else if (info->si_code == CLD_EXITED)
		log_error("supervisor: exited %d", info->si_status);
	else
		log_error("supervisor: killed by SIG%s",
			signame_get(info->si_status, name));
}

static void
mourn_supervisor(struct kept *k, const siginfo_t *info)
{
	uint64_t now_ms = clock_ms();

	report_end(info);
	served_end(k);
	link_greet(&k->link, ++k->deaths);
	k->link.waiting |= k->stops;
	if (burst_add(&k->dying, now_ms, LIMIT_DEATHS_WINDOW_MS) <
		LIMIT_DEATHS) {
		log_info("supervisor: starting %s",
			k->is_good_next ? "the program that served last"
					: "it again");
		return;
	}
	log_error("supervisor: died %d times within %u s; %s", LIMIT_DEATHS,
		LIMIT_DEATHS_WINDOW_MS / 1000,
		k->on_machine ? "starting a rescue shell" : "giving up");
	if (!k->on_machine)
		give_up(k, false);
	k->dying.len = 0;
	k->is_rescue = true;
	if (k->rescued_ms)
		k->start_at_ms = k->rescued_ms + LIMIT_RESCUE_MS;
}

/*
 * Reaps one of init's own children if it is dead. One that a former image has
 * reaped, and could not act on, is no child any more.
 */
static bool
reap_if_dead(pid_t pid, siginfo_t *info)
{
	info->si_pid = 0;
	if (pid == 0)
		return false;
	if (waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG) != 0)
		return errno == ECHILD;
	return info->si_pid != 0;
}

/* Reaps the supervisor or rescue shell if it is dead. */
static bool
reap_own(const struct boot *boot)
{
	struct kept *k = boot->kept;
	siginfo_t info;

	if (reap_if_dead(k->rescue_pid, &info)) {
		log_info("rescue shell: ended; %s the supervisor",
			k->pid ? "going on with" : "starting");
		if (k->pid > 0)
			kill(k->pid, SIGCONT);
		k->is_rescue = false;
		k->rescue_pid = 0;
		return true;
	}
	if (reap_if_dead(k->pid, &info)) {
		/* What it has said before is not of the next one. */
		take_messages(boot);
		mourn_supervisor(k, &info);
		/* Last: a fault before this makes the next image mourn. */
		k->pid = 0;
		return true;
	}
	return upgrade_reap();
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
reap(const struct boot *boot)
{
	struct kept *k = boot->kept;

	for (;;) {
		siginfo_t info = {.si_pid = 0};

		if (k->link.is_full) {
			reap_own(boot);
			return;
		}
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
			info.si_pid == 0)
			return;
		if (reap_own(boot))
			continue;
		/* Before any supervisor has died, all are mere orphans. */
		if (k->deaths > 0 &&
			!link_death(&k->link, info.si_pid, wait_status(&info)))
			continue;
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
	}
}

/* What is to run now and does not; 0 in *pid then. */
static pid_t *
find_own(struct kept *k)
{
	return k->is_rescue ? &k->rescue_pid : &k->pid;
}

static void
start(const struct boot *boot)
{
	struct kept *k = boot->kept;
	int result;

	if (*find_own(k) != 0 || clock_left_ms(k->start_at_ms) > 0)
		return;
	if (k->is_rescue) {
		result = launch_rescue(&k->rescue_pid);
		k->rescued_ms = clock_ms();
	} else {
		result = launch_supervisor(boot->options, boot->program,
			k->link.peer_fd, k->is_good_next ? k->good_fd : 0,
			&k->pid);
	}
	if (result < 0) {
		log_error("%s: no process could be made: %m; retry in %u ms",
			k->is_rescue ? "rescue shell" : "supervisor",
			LIMIT_FORK_RETRY_MS);
		k->start_at_ms = clock_ms() + LIMIT_FORK_RETRY_MS;
	}
}

/* Of two times to wait, of which -1 is for ever. */
static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static void
await(const struct boot *boot)
{
	struct kept *k = boot->kept;
	struct pollfd fds[2] = {{.fd = boot->signal_fd, .events = POLLIN},
		{.fd = k->link.fd,
			.events = k->link.is_full ? POLLIN | POLLOUT : POLLIN}};
	int wait_ms = *find_own(k) ? -1 : clock_left_ms(k->start_at_ms);

	if (k->serve_by_ms)
		wait_ms = sooner(wait_ms, clock_left_ms(k->serve_by_ms));
	wait_ms = sooner(wait_ms, upgrade_left_ms());
	if (poll(fds, 2, wait_ms) <= 0)
		return;
	if (fds[1].revents & POLLOUT)
		k->link.is_full = false;
	if (fds[1].revents & POLLIN)
		take_messages(boot);
	if (fds[0].revents & POLLIN)
		take_signals(k);
}

static _Noreturn void
keep_alive(const struct boot *boot)
{
	struct kept *k = boot->kept;

	for (;;) {
		/* First, for what died while there was no init to see it. */
		reap(boot);
		served_check(k);
		upgrade_check();
		link_flush(&k->link);
		start(boot);
		await(boot);
	}
}

/*
 * To "/", or the directory that init was started in could not be unmounted.
 * Not if a supervisor, also the next one, has paths to find from there, or has
 * a command to start there.
 */
static void
leave_directory(const struct boot *boot)
{
	const struct paths_options paths = {.config = boot->options->config,
		.runtime = boot->options->runtime};
	const char *program = boot->program;

	if (boot->options->is_supervised || paths_are_relative(&paths) ||
		paths_is_relative(getenv("TEND_SUPERVISOR")) ||
		(paths_is_relative(program) && strchr(program, '/')))
		return;
	if (chdir("/") != 0)
		log_warn("/: %m");
}

static bool
open_signals(struct boot *boot)
{
	sigset_t set;

	signals_set(&set);
	boot->signal_fd = events_signals(&set);
	return boot->signal_fd >= 0;
}

/* Opens what init needs to run at all: it can only wait for it. */
static void
open_fds(struct boot *boot, bool has_link)
{
	struct kept *k = boot->kept;
	const struct timespec pause = {.tv_sec = 1};

	for (;;) {
		if (!has_link)
			has_link =
				link_open(&k->link,
					k->on_machine ? 0
						      : HANDOFF_CONTAINER) == 0;
		if (has_link && open_signals(boot))
			return;
		log_error("cannot open what init needs (socketpair, signalfd): "
			  "%m; retry in 1 s");
		if (!k->on_machine)
			leave(LIMIT_GIVEN_UP_STATUS);
		nanosleep(&pause, NULL);
	}
}

_Noreturn void
boot_run(const struct options *options, struct kept *k, char **argv)
{
	struct boot boot = {.options = options, .program = argv[0], .kept = k};

	inherited_close(-1);
	leave_directory(&boot);
	if (k->on_machine)
		machine_mount();
	machine_open_fds(k->on_machine);
	signals_reset();
	open_fds(&boot, false);
	/* From here on only finish_run ends init. */
	link_greet(&k->link, 0);
	k->mode = KEPT_BOOT;
	fault_setup(k, argv);
	keep_alive(&boot);
}

/* Three faults: something in the world does not agree with init. */
static void
call_for_help(struct kept *k)
{
	log_error("%d faults of init within %u s; %s", LIMIT_FAULTS,
		LIMIT_FAULTS_WINDOW_MS / 1000,
		k->on_machine ? "starting a rescue shell, and "
				"the supervisor waits"
			      : "giving up");
	if (!k->on_machine)
		give_up(k, false);
	k->faults.len = 0;
	k->is_rescue = true;
	/* Or what it starts again on the console reads half of what is typed
	 * there. */
	k->serve_by_ms = 0;
	if (k->pid > 0)
		kill(k->pid, SIGSTOP);
}

_Noreturn void
boot_resume(const struct options *options, struct kept *k, const char *program,
	bool is_last_straw)
{
	const struct timespec pause = {
		LIMIT_FAULT_PAUSE_MS / 1000, LIMIT_FAULT_PAUSE_MS % 1000};
	struct boot boot = {.options = options, .program = program, .kept = k};

	if (k->good_fd > 0 && fcntl(k->good_fd, F_SETFD, FD_CLOEXEC) != 0)
		k->good_fd = 0;
	if (!link_resume(&k->link)) {
		log_error("the pair to the supervisor is lost: %m");
		give_up(k, false);
	}
	if (k->is_rescue && !is_last_straw)
		nanosleep(&pause, NULL);
	open_fds(&boot, true);
	if (k->got.si_signo > 0)
		take_signal(k, k->got.si_signo);
	k->got.si_signo = 0;
	/* Reaped by the image before, it brings no other death. */
	reap_own(&boot);
	if (is_last_straw)
		call_for_help(k);
	keep_alive(&boot);
}
