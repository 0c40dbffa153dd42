#include "supervisor/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/dispositions.h"
#include "lib/events.h"
#include "lib/handoff.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "supervisor/blockers.h"
#include "supervisor/drain.h"
#include "supervisor/finish.h"
#include "supervisor/loop.h"
#include "supervisor/reap.h"
#include "supervisor/request.h"
#include "supervisor/services.h"
#include "supervisor/supervisor.h"
#include "supervisor/zero.h"

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
	sv->signal_fd = events_signals(&set);
	if (sv->signal_fd < 0)
		return -1;
	return loop_add(sv, sv->signal_fd, LOOP_SIGNAL);
}

/* On a machine they mean what sysvinit, busybox and systemd take them for. */
static void
take_of_machine(struct supervisor *sv, int signal)
{
	switch (signal) {
	case SIGINT: /* Ctrl-Alt-Del */
	case SIGTERM:
	case HANDOFF_RT_REBOOT:
		finish_ask(sv, END_REBOOT);
		break;
	case SIGUSR1:
	case HANDOFF_RT_HALT:
		finish_ask(sv, END_HALT);
		break;
	case SIGUSR2:
	case SIGPWR:
	case HANDOFF_RT_POWEROFF:
		finish_ask(sv, END_POWEROFF);
		break;
	case SIGHUP:
		services_apply(sv);
		break;
	default:
		break;
	}
}

static void
take_stop(struct supervisor *sv, int signal)
{
	char name[16];

	if (sv->finish.is_asked) {
		/* Whoever is impatient wants to know for whom it waits. */
		blockers_say(sv);
		return;
	}
	if (drain_is_on(sv)) {
		/* What init tells a new supervisor before that serves is what
		 * the dead one has been told. */
		if ((sv->page.header->flags & PAGE_SERVING) == 0)
			return;
		log_warn(
			"draining: skipped; got %s", signame_get(signal, name));
	} else {
		log_info("stopping everything: got %s",
			signame_get(signal, name));
		if (drain_begin(sv))
			return;
	}
	finish_ask(sv, END_EXIT);
}

void
signals_take(struct supervisor *sv, int signal, int is_of_init)
{
	if (is_of_init && !sv->is_container) {
		take_of_machine(sv, signal);
		return;
	}
	if (signal == sv->stop.signal) {
		take_stop(sv, signal);
		return;
	}
	switch (signal) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
	case SIGPWR:
	case HANDOFF_RT_HALT:
	case HANDOFF_RT_POWEROFF:
	case HANDOFF_RT_REBOOT:
		take_stop(sv, signal);
		break;
	case SIGHUP:
		if (!zero_hang_up(sv))
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
