/*
 * inject PID FAULT [CALLS [STEPS]]: makes a process commit a real fault, as a
 * bug of its own would. For tests of init; x86-64 only (exit status 77).
 *
 *	null      jumps to address 0
 *	overflow  its stack pointer is below its stack
 *	illegal   an instruction that there is none of
 *	divide    by zero
 *	bus       a read that has to be aligned and is not
 *	abort     a SIGABRT sent to itself, as abort() does
 *	child     its next child jumps to 0 before its exec
 *
 * CALLS: only at the CALLSth entry into or return from a system call, counted
 * from now on, and STEPS instructions later. Prints a line when it has
 * begun to count, and another with the system call that it was last seen in.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int
main(void)
{
	puts("x86-64 only");
	return 77;
}
#else

static const struct fault {
	const char *name;
	const char *code; /* put where it is; NULL: none */
} faults[] = {{"null", NULL}, {"overflow", NULL}, {"illegal", "\x0f\x0b"},
	{"divide", "\xf7\xf1"}, {"bus", "\x8b\x01"}, {"abort", "\x0f\x05"},
	{"child", NULL}};

static void
die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
await_stop(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			die("wait");
	if (!WIFSTOPPED(status)) {
		fprintf(stderr, "inject: it has ended\n");
		exit(1);
	}
	return status;
}

/* Goes on to the next stop of the kind; signals on the way are delivered. */
static int
resume(pid_t pid, int request, int wanted)
{
	unsigned long signal = 0;

	for (;;) {
		int status;

		if (ptrace(request, pid, 0, signal) != 0)
			die("resume");
		status = await_stop(pid);
		if (status >> 8 == wanted)
			return status;
		/* Events of ptrace are no signals. */
		signal = status >> 16 ? 0 : (unsigned long)WSTOPSIG(status);
	}
}

static void
attach(pid_t pid, long options)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0)
		die("seize");
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0)
		die("interrupt");
	await_stop(pid);
}

static void
poke(pid_t pid, unsigned long at, const char *code)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, at, 0);
	if (errno != 0)
		die("peek");
	memcpy(&word, code, 2);
	if (ptrace(PTRACE_POKETEXT, pid, at, word) != 0)
		die("poke");
}

static unsigned long
below_stack(pid_t pid)
{
	char path[64], line[512];
	unsigned long from = 0;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof line, maps))
		if (strstr(line, "[stack]"))
			from = strtoul(line, NULL, 16);
	if (!from)
		die("no stack");
	fclose(maps);
	/* Further than any limit lets it grow. */
	return from - (1UL << 40);
}

static void
commit(pid_t pid, const struct fault *fault)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
		die("registers");
	/* The kernel must not start a system call again. */
	regs.orig_rax = (unsigned long)-1;
	regs.rcx = 0;
	if (!strcmp(fault->name, "overflow"))
		regs.rsp = below_stack(pid);
	else if (!fault->code)
		regs.rip = 0;
	if (!strcmp(fault->name, "bus")) {
		regs.eflags |= 1UL << 18;
		regs.rcx = regs.rsp | 1;
	}
	if (!strcmp(fault->name, "abort")) {
		regs.rax = SYS_tgkill;
		regs.rdi = regs.rsi = 1;
		regs.rdx = SIGABRT;
	}
	if (fault->code)
		poke(pid, regs.rip, fault->code);
	/* push %rsp, where the next instruction may not touch the stack. */
	if (!strcmp(fault->name, "overflow"))
		poke(pid, regs.rip, "\x54\x90");
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) != 0)
		die("set registers");
}

static void
kill_child(pid_t pid, const struct fault *fault)
{
	unsigned long child;

	attach(pid,
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK);
	puts("attached");
	fflush(stdout);
	for (;;) {
		int status, event;

		if (ptrace(PTRACE_CONT, pid, 0, 0) != 0)
			die("cont");
		status = await_stop(pid);
		event = status >> 16;
		if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
			event == PTRACE_EVENT_VFORK)
			break;
	}
	if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) != 0)
		die("message");
	await_stop((pid_t)child);
	commit((pid_t)child, fault);
	if (ptrace(PTRACE_DETACH, child, 0, 0) != 0 ||
		ptrace(PTRACE_DETACH, pid, 0, 0) != 0)
		die("detach");
}

int
main(int argc, char **argv)
{
	const struct fault *fault = faults;
	struct user_regs_struct regs;
	pid_t pid;
	long calls = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	long steps = argc > 4 ? strtol(argv[4], NULL, 10) : 0;

	if (argc < 3)
		return 2;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	while (strcmp(fault->name, argv[2]) != 0)
		if (++fault == faults + sizeof faults / sizeof faults[0])
			return 2;
	if (!strcmp(fault->name, "child")) {
		kill_child(pid, fault);
		return 0;
	}
	attach(pid, PTRACE_O_TRACESYSGOOD);
	puts("attached");
	fflush(stdout);
	for (; calls > 0; calls--)
		resume(pid, PTRACE_SYSCALL, SIGTRAP | 0x80);
	for (; steps > 0; steps--)
		resume(pid, PTRACE_SINGLESTEP, SIGTRAP);
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
		die("registers");
	printf("%lld\n", (long long)regs.orig_rax);
	commit(pid, fault);
	if (ptrace(PTRACE_DETACH, pid, 0, 0) != 0)
		die("detach");
	return 0;
}
#endif
