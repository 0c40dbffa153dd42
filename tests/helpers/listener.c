/*
 * listener FILE [member]
 *
 * Notes the signals it gets in FILE, one a line, until FILE.end is there; its
 * exit status is 5. None is lost, as bash may lose one between two commands:
 * all are blocked, and taken. The lowest number is taken first, so that 64 is a
 * mark: when it has been noted, so has what was sent before it.
 *
 * With a member there is another process of its group that does the same, with
 * "member" before its lines. It ends before the listener, who would otherwise
 * leave it to whatever happens then.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME(signal) [SIG##signal] = #signal

/* Higher ones, and those left out here, are noted as numbers. */
static const char *const names[] = {
	NAME(HUP),
	NAME(INT),
	NAME(QUIT),
	NAME(ILL),
	NAME(TRAP),
	NAME(ABRT),
	NAME(BUS),
	NAME(FPE),
	NAME(USR1),
	NAME(SEGV),
	NAME(USR2),
	NAME(PIPE),
	NAME(ALRM),
	NAME(TERM),
	NAME(STKFLT),
	NAME(CONT),
	NAME(TSTP),
	NAME(TTIN),
	NAME(TTOU),
	NAME(URG),
	NAME(XCPU),
	NAME(XFSZ),
	NAME(VTALRM),
	NAME(PROF),
	NAME(WINCH),
	NAME(IO),
	NAME(PWR),
	NAME(SYS),
};

static int notes_fd;
static const char *who = "";

/* By one write each: a line is whole, whoever else writes. */
static void
note(const char *text)
{
	char line[64];
	int len = snprintf(line, sizeof line, "%s%s\n", who, text);

	if (write(notes_fd, line, (size_t)len) != len)
		_exit(1);
}

static void
note_signal(int signal)
{
	char number[16];

	if (signal < (int)(sizeof names / sizeof names[0]) && names[signal]) {
		note(names[signal]);
		return;
	}
	snprintf(number, sizeof number, "%d", signal);
	note(number);
}

/* What comes from this program itself: the end of the member, and for it. */
static bool
is_own(const siginfo_t *got)
{
	return got->si_signo == SIGCHLD || got->si_code == SI_QUEUE;
}

static void
listen_until(const char *end, const sigset_t *all)
{
	const struct timespec tick = {0, 20 * 1000 * 1000};
	siginfo_t got;

	while (!end || access(end, F_OK) != 0) {
		if (sigtimedwait(all, &got, end ? &tick : NULL) < 0)
			continue;
		if (!is_own(&got))
			note_signal(got.si_signo);
		else if (!end)
			return;
	}
}

static pid_t
start_member(const sigset_t *all)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	who = "member ";
	note("ready");
	listen_until(NULL, all);
	_exit(0);
}

static void
end_member(pid_t pid)
{
	const union sigval nothing = {0};

	/* Behind all that was sent to it before. */
	if (sigqueue(pid, SIGRTMAX, nothing) == 0)
		waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	char end[4096];
	pid_t member = 0;
	sigset_t all;

	if (argc < 2 || argc > 3 ||
		snprintf(end, sizeof end, "%s.end", argv[1]) >=
			(int)sizeof end) {
		fputs("usage: listener FILE [member]\n", stderr);
		return 2;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	notes_fd =
		open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (notes_fd < 0 || (argc == 3 && (member = start_member(&all)) < 0)) {
		perror(argv[1]);
		return 1;
	}
	note("ready");
	listen_until(end, &all);
	if (member > 0)
		end_member(member);
	return 5;
}
