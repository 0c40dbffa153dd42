#include "tests/torture/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/torture/look.h"

/* It waits for something if it makes no system call for so long. */
#define IDLE_NS 1500000

/* Its next stop into *status. False: it went on for idle_ns. */
static bool
next_stop(pid_t pid, int *status, long idle_ns)
{
	const struct timespec idle = {.tv_nsec = idle_ns};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		if (waitpid(pid, status, WNOHANG | __WALL) == pid)
			return true;
		if (sigtimedwait(&child, NULL, &idle) < 0 && errno == EAGAIN)
			return waitpid(pid, status, WNOHANG | __WALL) == pid;
	}
}

bool
trace_attach(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) !=
		0) {
		printf("# ptrace: %s\n", strerror(errno));
		return false;
	}
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return false;
	/* For one that had stopped itself. */
	kill(pid, SIGCONT);
	return true;
}

/* To be passed on when it goes on after this stop. */
static int
signal_of(int status)
{
	int signal = WSTOPSIG(status);

	if (status >> 16 == PTRACE_EVENT_STOP || signal == (SIGTRAP | 0x80) ||
		signal == SIGTRAP)
		return 0;
	return signal;
}

static bool
is_syscall(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static void
resume(pid_t pid, int signal)
{
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
}

static char where[64];
static unsigned stops;

unsigned
trace_stops(void)
{
	return stops;
}

const char *
trace_where(void)
{
	return where;
}

static void
note_where(pid_t pid)
{
	static long call;
	struct __ptrace_syscall_info info = {0};

	ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);
	/* At the exit its number is not told. */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		call = (long)info.entry.nr;
	snprintf(where, sizeof(where), "%s of system call %ld",
		info.op == PTRACE_SYSCALL_INFO_ENTRY ? "entry" : "exit", call);
}

static enum trace_end
end_it(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		;
	return TRACE_KILLED;
}

static void
step(pid_t pid, unsigned instructions)
{
	int status;

	while (instructions-- > 0) {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		/* It waits, or it has ended. */
		if (!next_stop(pid, &status, IDLE_NS) || !WIFSTOPPED(status))
			return;
	}
}

void
trace_detach(pid_t pid)
{
	int status;

	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_DETACH, pid, NULL,
			(void *)(long)signal_of(status));
}

enum trace_end
trace_run(
	pid_t pid, unsigned stop, unsigned instructions, bool (*is_done)(void))
{
	uint64_t end_ms = look_ms() + LOOK_PATIENCE_MS;
	int status;

	stops = 0;
	resume(pid, 0);
	for (;;) {
		if (next_stop(pid, &status, IDLE_NS)) {
			if (!WIFSTOPPED(status))
				return TRACE_ENDED;
			if (is_syscall(status))
				note_where(pid);
			if (is_syscall(status) && ++stops == stop) {
				step(pid, instructions);
				return end_it(pid);
			}
			resume(pid, signal_of(status));
			continue;
		}
		if (is_done()) {
			trace_detach(pid);
			return TRACE_DONE;
		}
		if (look_ms() >= end_ms) {
			trace_detach(pid);
			return TRACE_LATE;
		}
	}
}
