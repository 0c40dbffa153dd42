#include "init/wrap.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/leave.h"
#include "init/options.h"
#include "init/process.h"
#include "init/signals.h"
#include "lib/log.h"

struct wrap {
	const struct options *options;
	const struct signals *start;
	pid_t pid;	/* of the command */
	pid_t tty_pgrp; /* had the terminal before; -1: not ours to give */
};

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
become_command(void *argument)
{
	const struct wrap *w = argument;
	char **command = w->options->command;

	setpgid(0, 0);
	/* SIGTTOU, which this would bring, is still blocked. */
	if (w->tty_pgrp >= 0)
		tcsetpgrp(0, getpid());
	signals_restore(w->start);
	execvp(command[0], command);
	log_error("%s: %m", command[0]);
	return errno == ENOENT || errno == ENOTDIR ? 127 : 126;
}

static void
start_command(struct wrap *w)
{
	w->tty_pgrp = find_tty();
	w->pid = process_start(become_command, w);
	if (w->pid < 0) {
		log_error("%s: no process could be made: %m",
			w->options->command[0]);
		leave(1);
	}
	/* Here as well, so that a signal for the group finds one. */
	setpgid(w->pid, w->pid);
}

/* Reaps all that is dead; leaves if the command is among it. */
static void
reap(const struct wrap *w)
{
	bool is_over = false;
	int status, result = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != w->pid)
			continue;
		is_over = true;
		result = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					     : WEXITSTATUS(status);
	}
	if (!is_over)
		return;
	if (w->tty_pgrp > 0)
		tcsetpgrp(0, w->tty_pgrp);
	leave(options_status(w->options, result));
}

_Noreturn void
wrap_run(const struct options *o, const struct signals *start)
{
	struct wrap w = {.options = o, .start = start};
	sigset_t set;

	signals_set(&set);
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	start_command(&w);
	/* The command has its own; ours would keep a mount busy. */
	(void)!chdir("/");
	for (;;) {
		int signal;

		/* First, for children that init inherited as zombies. */
		reap(&w);
		signal = sigwaitinfo(&set, NULL);
		/* The command is not reaped yet, so its pid is its own. */
		if (signal > 0 && signal != SIGCHLD)
			kill(o->to_group ? -w.pid : w.pid, signal);
	}
}
