#include "init/wrap.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/finish.h"
#include "init/inherited.h"
#include "init/kept.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/options.h"
#include "init/process.h"
#include "init/rest.h"
#include "init/signals.h"
#include "lib/dispositions.h"
#include "lib/fmt.h"
#include "lib/handoff.h"
#include "lib/log.h"

#define BIT_OF(signal) (UINT64_C(1) << ((signal)-1))

/* Static: the new process looks at it after process_start has returned. */
static struct {
	const struct options *options;
	struct kept *kept;
} wrap;

/*
 * The process group that has the terminal on fd 0, if that is our own: a
 * command in the background must not take a terminal away. Both are 0 where
 * the group is one of an outer PID namespace.
 */
static pid_t
find_tty(void)
{
	pid_t pgrp = tcgetpgrp(0);

	return pgrp == getpgrp() ? pgrp : -1;
}

/*
 * A session of its own can only have the terminal if ours has not. The kernel
 * tells the group of a session leader who gives it away, which is not for the
 * command to hear.
 */
static void
give_terminal_away(struct kept *k)
{
	k->tty_pgrp = -1;
	if (ioctl(0, TIOCNOTTY) == 0 && getsid(0) == getpid())
		k->unheard = BIT_OF(SIGHUP) | BIT_OF(SIGCONT);
}

/* A socket that was passed to us, and so to whom we become. */
static void
hand_on_sockets(void)
{
	static char mine[32];
	static const char name[] = "LISTEN_PID=";
	struct fmt f;

	for (char **at = environ; *at; at++) {
		if (strncmp(*at, name, sizeof name - 1) != 0)
			continue;
		fmt_init(&f, mine, sizeof mine);
		fmt_printf(&f, "%s%d", name, (int)getppid());
		if (strcmp(*at, mine) != 0)
			return;
		fmt_init(&f, mine, sizeof mine);
		fmt_printf(&f, "%s%d", name, (int)getpid());
		*at = mine;
		return;
	}
}

static void
enter_session(void)
{
	setsid();
	ioctl(0, TIOCSCTTY, 0);
}

/* dumb-init's single child stays in the group of dumb-init. */
static bool
has_own_group(void)
{
	return wrap.options->like != LIKE_DUMB_INIT;
}

static void
enter_group(void)
{
	if (!has_own_group())
		return;
	setpgid(0, 0);
	/* SIGTTOU, which this would bring, is still blocked. */
	if (wrap.kept->tty_pgrp >= 0)
		tcsetpgrp(0, getpid());
}

static void
set_signals(void)
{
	if (wrap.options->like != LIKE_DUMB_INIT) {
		signals_restore(&wrap.kept->start);
		return;
	}
	/* It has handlers for all of them, which an exec takes away. */
	dispositions_reset();
	signals_unblock();
}

static int
become_command(void *unused)
{
	char **command = wrap.options->command;

	(void)unused;
	hand_on_sockets();
	if (wrap.options->in_session)
		enter_session();
	else
		enter_group();
	set_signals();
	execvp(command[0], command);
	log_error("%s: %m", command[0]);
	return options_exec_status(wrap.options, errno);
}

static void
start_command(struct kept *k)
{
	if (wrap.options->in_session)
		give_terminal_away(k);
	else
		k->tty_pgrp = find_tty();
	if (process_start(become_command, NULL, &k->pid) < 0) {
		log_error("%s: no process could be made: %m",
			wrap.options->command[0]);
		leave(1);
	}
	inherited_close(k->program_fd);
}

static void
tell_command(const struct kept *k, int signal)
{
	int told = options_signal(wrap.options, signal);

	/* The command is not reaped yet, so its pid is its own. */
	if (told > 0 && k->pid > 0)
		kill(wrap.options->to_group ? -k->pid : k->pid, told);
}

/* What it left behind, as far as that is asked for. */
static void
end_the_rest(struct kept *k)
{
	if (wrap.options->wait != WAIT_MAIN)
		rest_end(k->pid, wrap.options->wait == WAIT_ALL);
	else if (wrap.options->in_session)
		tell_command(k, SIGTERM);
}

static _Noreturn void
leave_as_command(struct kept *k)
{
	int status = k->dead.si_status;

	if (k->dead.si_code != CLD_EXITED)
		status += 128;
	end_the_rest(k);
	if (k->tty_pgrp > 0)
		tcsetpgrp(0, k->tty_pgrp);
	leave(options_status(wrap.options, status));
}

/*
 * Reaps all that is dead, and says how many; leaves if the command is among
 * them.
 */
static unsigned
reap(struct kept *k)
{
	for (unsigned reaped = 0;; reaped++) {
		/* The kernel writes the status where the next image finds it,
		 * since it can be had only once. */
		k->dead.si_pid = 0;
		if (waitid(P_ALL, 0, &k->dead, WEXITED | WNOHANG) != 0 ||
			k->dead.si_pid == 0)
			return reaped;
		if (k->dead.si_pid == k->pid)
			leave_as_command(k);
		if (wrap.options->shows_reaped)
			log_warn("reaped an orphan, pid %d",
				(int)k->dead.si_pid);
	}
}

static void
heed_signal(struct kept *k, int signal)
{
	if ((k->unheard & BIT_OF(signal)) != 0) {
		k->unheard &= ~BIT_OF(signal);
		return;
	}
	if (wrap.options->is_pause) {
		if (signal == SIGTERM || signal == SIGINT)
			leave(0);
		return;
	}
	log_info("signal %d is passed on", signal);
	tell_command(k, signal);
}

/* It is forgotten only when it is done: a next image does what is left. */
static void
take_signal(struct kept *k)
{
	int signal = k->got.si_signo;

	if (signal > 0 && signal != SIGCHLD)
		heed_signal(k, signal);
	k->got.si_signo = 0;
	if (wrap.options->suspends_self &&
		(signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU))
		kill(getpid(), SIGSTOP);
}

/*
 * Where orphans die in crowds, to be woken is what costs most: then signals
 * are waited for, but not for the next death, until some more have died.
 */
static void
await_signal(struct kept *k, bool is_crowd)
{
	static const struct timespec crowd = {0, LIMIT_CROWD_NS};
	sigset_t set;

	signals_set(&set);
	if (is_crowd)
		sigdelset(&set, SIGCHLD);
	if (sigtimedwait(&set, &k->got, is_crowd ? &crowd : NULL) < 0)
		k->got.si_signo = 0;
}

static _Noreturn void
look_after_command(struct kept *k)
{
	/* Here as well, so that a signal for the group finds one. */
	if (k->pid > 0 && has_own_group())
		setpgid(k->pid, k->pid);
	/* The command has its own; ours would keep a mount busy. */
	(void)!chdir("/");
	for (;;) {
		/* First, for whoever waits for it; children do not. */
		take_signal(k);
		/* Whatever it was: a SIGCHLD is behind all lower signals. */
		await_signal(k, reap(k) > 1);
	}
}

static void
set_up(const struct options *o)
{
	/* One -v tells what is done, as tini's does. */
	log_setup("init", o->verbosity > 0 ? LOG_INFO : LOG_WARN);
	if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		log_warn("prctl is refused (%m): orphans go to PID 1");
	if (o->parent_death > 0)
		prctl(PR_SET_PDEATHSIG, o->parent_death);
}

_Noreturn void
wrap_run(const struct options *o, struct kept *k)
{
	k->mode = KEPT_WRAP;
	wrap.options = o;
	wrap.kept = k;
	set_up(o);
	if (o->command)
		start_command(k);
	else
		inherited_close(k->program_fd);
	look_after_command(k);
}

_Noreturn void
wrap_resume(const struct options *o, struct kept *k, bool is_last_straw)
{
	siginfo_t info;

	wrap.options = o;
	wrap.kept = k;
	if (k->pid > 0 && k->dead.si_pid == k->pid)
		leave_as_command(k);
	if (is_last_straw) {
		k->finish.end = END_EXIT;
		k->finish.status = LIMIT_GIVEN_UP_STATUS;
		finish_run(&k->finish);
	}
	if (k->pid == 0)
		wrap_run(o, k);
	log_setup("init", o->verbosity > 0 ? LOG_INFO : LOG_WARN);
	if (waitid(P_PID, (id_t)k->pid, &info, WEXITED | WNOHANG | WNOWAIT)) {
		log_error("the command is no child of init: %m");
		leave(LIMIT_GIVEN_UP_STATUS);
	}
	look_after_command(k);
}
