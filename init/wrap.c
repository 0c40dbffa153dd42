#include "init/wrap.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/finish.h"
#include "init/kept.h"
#include "init/leave.h"
#include "init/limits.h"
#include "init/options.h"
#include "init/process.h"
#include "init/signals.h"
#include "lib/handoff.h"
#include "lib/log.h"

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

static int
become_command(void *unused)
{
	char **command = wrap.options->command;

	(void)unused;
	setpgid(0, 0);
	/* SIGTTOU, which this would bring, is still blocked. */
	if (wrap.kept->tty_pgrp >= 0)
		tcsetpgrp(0, getpid());
	signals_restore(&wrap.kept->start);
	execvp(command[0], command);
	log_error("%s: %m", command[0]);
	return errno == ENOENT || errno == ENOTDIR ? 127 : 126;
}

static void
start_command(struct kept *k)
{
	k->tty_pgrp = find_tty();
	if (process_start(become_command, NULL, &k->pid) < 0) {
		log_error("%s: no process could be made: %m",
			wrap.options->command[0]);
		leave(1);
	}
}

static _Noreturn void
leave_as_command(const struct kept *k)
{
	int status = k->dead.si_status;

	if (k->dead.si_code != CLD_EXITED)
		status += 128;
	if (k->tty_pgrp > 0)
		tcsetpgrp(0, k->tty_pgrp);
	leave(options_status(wrap.options, status));
}

/* Reaps all that is dead; leaves if the command is among it. */
static void
reap(struct kept *k)
{
	for (;;) {
		/* The kernel writes the status where the next image finds it,
		 * since it can be had only once. */
		k->dead.si_pid = 0;
		if (waitid(P_ALL, 0, &k->dead, WEXITED | WNOHANG) != 0 ||
			k->dead.si_pid == 0)
			return;
		if (k->dead.si_pid == k->pid)
			leave_as_command(k);
	}
}

static void
pass_on_signal(struct kept *k)
{
	int signal = k->got.si_signo;

	/* The command is not reaped yet, so its pid is its own. */
	if (signal > 0 && signal != SIGCHLD)
		kill(wrap.options->to_group ? -k->pid : k->pid, signal);
	k->got.si_signo = 0;
}

static _Noreturn void
look_after_command(struct kept *k)
{
	sigset_t set;

	signals_set(&set);
	/* Here as well, so that a signal for the group finds one. */
	setpgid(k->pid, k->pid);
	/* The command has its own; ours would keep a mount busy. */
	(void)!chdir("/");
	for (;;) {
		/* First, for children that init inherited as zombies. */
		reap(k);
		pass_on_signal(k);
		if (sigwaitinfo(&set, &k->got) < 0)
			k->got.si_signo = 0;
	}
}

_Noreturn void
wrap_run(const struct options *o, struct kept *k)
{
	k->mode = KEPT_WRAP;
	wrap.options = o;
	wrap.kept = k;
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	start_command(k);
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
	if (k->pid == 0 && o->command)
		wrap_run(o, k);
	if (waitid(P_PID, (id_t)k->pid, &info, WEXITED | WNOHANG | WNOWAIT)) {
		log_error("the command is no child of init: %m");
		leave(LIMIT_GIVEN_UP_STATUS);
	}
	look_after_command(k);
}
