#include "init/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/clock.h"
#include "init/kept.h"
#include "init/leave.h"
#include "init/limits.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/signame.h"

/* Not among the options that a user may give, and not in the manual's list. */
#define WORD "--resume="

/* The kernel's frame has 3 KiB and more with wide registers. Costs nothing
 * before there is a fault. */
static _Alignas(16) char stack[16384];
static char word[sizeof WORD + KEPT_TEXT_CAP];

/* What fault_setup was told. */
static struct {
	struct kept *kept;
	char **argv;
} own;
static volatile sig_atomic_t is_handling;
/* What a former image has handed over while it is being read; else NULL. */
static const char *volatile unread;

/* A descriptor that the next image is to have; -1 and 0 are none. */
static void
hand_over(int fd)
{
	if (fd > 2)
		fcntl(fd, F_SETFD, 0);
}

/* Returns only if it cannot be executed. Safe in a handler. */
static void
exec_program(char **words)
{
	char path[32];
	struct fmt f;

	if (own.kept->program_fd == 0)
		return;
#ifdef SYS_execveat
	syscall(SYS_execveat, own.kept->program_fd, "", words, environ,
		AT_EMPTY_PATH);
#endif
	/* An old kernel, or a filter that does not know the call. */
	fmt_init(&f, path, sizeof path);
	fmt_str(&f, "/proc/self/fd/");
	fmt_u64(&f, (uint64_t)own.kept->program_fd);
	execve(path, words, environ);
}

/* What the next image has to find; where it finds it: argv for it. */
static char **
hand_over_all(void)
{
	char **next = own.argv - 1;
	struct fmt text;

	fmt_init(&text, word, sizeof word);
	fmt_str(&text, WORD);
	/* Longer each time, so that there is an end to it. */
	if (unread) {
		fmt_str(&text, unread);
		fmt_str(&text, "again=1,");
	} else {
		kept_encode(own.kept, &text);
	}
	if (text.is_cut)
		return NULL;
	hand_over(own.kept->program_fd);
	hand_over(own.kept->link.fd);
	hand_over(own.kept->link.peer_fd);
	hand_over(own.kept->good_fd);
	next[0] = own.argv[0];
	next[1] = word;
	return next;
}

void
fault_exec(int program_fd)
{
	struct kept *k = own.kept;
	const int fds[] = {
		k->link.fd, k->link.peer_fd, k->good_fd, k->program_fd};
	char *name = own.argv[0];
	char **words;
	int error;

	k->program_fd = program_fd;
	words = hand_over_all();
	if (words)
		exec_program(words);
	error = words ? errno : E2BIG;
	own.argv[0] = name;
	k->program_fd = fds[3];
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		if (fds[i] > 0)
			fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	fcntl(program_fd, F_SETFD, FD_CLOEXEC);
	errno = error;
}

/* Returns only if nothing can be executed. Safe in a handler. */
static void
exec_again(void)
{
	char **words = hand_over_all();

	if (!words)
		return;
	exec_program(words);
	execve("/proc/self/exe", words, environ);
	execve(words[0], words, environ);
}

/*
 * Something that init itself has done. kill(2) cannot be taken for it: the
 * kernel lets nobody send a positive code. abort() is a signal to oneself.
 */
static bool
is_real(int signal, const siginfo_t *info)
{
	return info->si_code > 0 ||
	       (signal == SIGABRT && info->si_code == SI_TKILL &&
		       info->si_pid == getpid());
}

static void
handle(int signal, siginfo_t *info, void *context)
{
	(void)context;
	/* A child before its exec has this handler and init's memory. */
	if (getpid() != 1)
		leave(128 + signal);
	if (!is_real(signal, info))
		return;
	/* Not even this works, or there is nothing to execute. */
	if (is_handling)
		leave(LIMIT_GIVEN_UP_STATUS);
	is_handling = 1;
	own.kept->fault = signal;
	own.kept->fault_at = (uint64_t)(uintptr_t)info->si_addr;
	exec_again();
	log_error("SIGSEGV or the like, and init cannot be executed again: %m");
	leave(LIMIT_GIVEN_UP_STATUS);
}

/* Above the descriptors that may be closed and have a meaning; 0: none. */
static int
open_program(const char *path)
{
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (fd < 0)
		fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0 && fd <= 2) {
		int low = fd;

		fd = fcntl(low, F_DUPFD_CLOEXEC, 3);
		close(low);
	}
	return fd < 0 ? 0 : fd;
}

static void
install(struct kept *kept, char **argv)
{
	struct sigaction action = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	const stack_t place = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction old;
	sigset_t set;

	own.kept = kept;
	own.argv = argv;
	sigaltstack(&place, NULL);
	/* One at a time: frames of several that somebody sent would lie upon
	 * each other, and there is room for one with wide registers. */
	sigfillset(&action.sa_mask);
	for (const unsigned char *at = signals_faults; *at; at++)
		if (sigaction(*at, &action, &old) == 0)
			signals_replaced(&kept->start, *at, &old);
	/* A fault that is blocked kills even PID 1. And with the first handler
	 * musl has unblocked 33 and 34, which the kernel then drops. */
	signals_set(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

void
fault_setup(struct kept *kept, char **argv)
{
	/* Old kernels allow a program without its own name; then there is no
	 * place for the word. */
	if (!argv[0])
		return;
	install(kept, argv);
	if (kept->program_fd == 0)
		kept->program_fd = open_program(argv[0]);
}

/* execveat has made the descriptor's number the name of the process. */
static void
restore_name(const char *program)
{
	const char *slash = strrchr(program, '/');

	prctl(PR_SET_NAME, slash ? slash + 1 : program);
}

bool
fault_take_over(struct kept *kept, char ***argv)
{
	char **at = *argv;
	const char *text;
	bool is_good;

	if (!at[0] || !at[1] || strncmp(at[1], WORD, sizeof WORD - 1) != 0)
		return false;
	text = at[1] + sizeof WORD - 1;
	/* As a fault in here would find it. */
	at[1] = at[0];
	*argv = at + 1;
	if (getpid() != 1)
		return false;
	unread = text;
	install(kept, *argv);
	is_good = kept_decode(kept, text);
	unread = NULL;
	if (is_good) {
		fcntl(kept->program_fd, F_SETFD, FD_CLOEXEC);
		restore_name(at[0]);
		return true;
	}
	log_error("what an image of init before has left is not understood");
	memset(kept, 0, sizeof *kept);
	return false;
}

bool
fault_is_last_straw(struct kept *kept)
{
	char name[16];
	bool is_last;

	if (kept->fault == 0) {
		log_info("executed anew, version " TEND_VERSION);
		return false;
	}
	is_last = burst_add(&kept->faults, clock_ms(),
			  LIMIT_FAULTS_WINDOW_MS) >= LIMIT_FAULTS;
	log_error("SIG%s at address %llx: a fault of init itself, which was "
		  "executed again; %s",
		signame_get(kept->fault, name),
		(unsigned long long)kept->fault_at,
		is_last ? "too often lately" : "everything else goes on");
	kept->fault = 0;
	return is_last;
}
