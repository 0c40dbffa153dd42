#include "supervisor/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/dispositions.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "supervisor/finish.h"
#include "supervisor/loop.h"
#include "supervisor/reap.h"
#include "supervisor/request.h"
#include "supervisor/services.h"
#include "supervisor/supervisor.h"

#define BATCH 8

void
signals_block(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/* Inherited SIG_IGN would be passed on to every service, and an
	 * ignored SIGCHLD would reap our children for us. */
	dispositions_reset();
}

int
signals_open(struct supervisor *sv)
{
	sigset_t set;

	sigfillset(&set);
	sv->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sv->signal_fd < 0)
		return -1;
	return loop_add(sv, sv->signal_fd, LOOP_SIGNAL);
}

/* On a machine they mean what sysvinit and busybox take them for. */
static void
take_of_machine(struct supervisor *sv, int signal)
{
	switch (signal) {
	case SIGINT: /* Ctrl-Alt-Del */
	case SIGTERM:
		finish_ask(sv, END_REBOOT);
		break;
	case SIGUSR1:
		finish_ask(sv, END_HALT);
		break;
	case SIGUSR2:
	case SIGPWR:
		finish_ask(sv, END_POWEROFF);
		break;
	case SIGHUP:
		services_apply(sv);
		break;
	default:
		break;
	}
}

void
signals_take(struct supervisor *sv, int signal, int is_of_init)
{
	if (is_of_init && !sv->is_container) {
		take_of_machine(sv, signal);
		return;
	}
	switch (signal) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
		log_info("stopping everything: got %s",
			signal == SIGTERM  ? "TERM"
			: signal == SIGINT ? "INT"
					   : "QUIT");
		finish_ask(sv, END_EXIT);
		break;
	case SIGHUP:
		services_apply(sv);
		break;
	case SIGUSR1:
		request_reopen(sv);
		break;
	default:
		break;
	}
}

void
signals_read(struct supervisor *sv)
{
	struct signalfd_siginfo info[BATCH];
	ssize_t n = read(sv->signal_fd, info, sizeof(info));

	if (n < 0)
		return;
	for (size_t i = 0; i < (size_t)n / sizeof(info[0]); i++) {
		if (info[i].ssi_signo != SIGCHLD) {
			signals_take(sv, (int)info[i].ssi_signo, 0);
			continue;
		}
		sv->has_dead_children = true;
		reap_pid(sv, (pid_t)info[i].ssi_pid);
	}
}
