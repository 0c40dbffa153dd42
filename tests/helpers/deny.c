/*
 * deny ERRNO CALL[,CALL...] COMMAND [ARG...]
 *
 * Runs the command under a seccomp filter that answers ERRNO (EPERM, ENOSYS)
 * to each of those system calls, as filters of container runtimes do to what
 * is newer than they are. Written by hand: there is no library to need.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_MAX 16

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define MACHINE AUDIT_ARCH_I386
#else
#error "AUDIT_ARCH_* of this machine"
#endif

#define CALL(name)                                                             \
	{                                                                      \
#name, SYS_##name                                              \
	}

static const struct {
	const char *name;
	int number;
} calls[] = {
	CALL(clone3),
	CALL(close_range),
	CALL(dup3),
#ifdef SYS_epoll_create
	CALL(epoll_create),
#endif
	CALL(epoll_create1),
	CALL(epoll_pwait2),
	CALL(eventfd2),
	CALL(execveat),
	CALL(faccessat2),
	CALL(fallocate),
	CALL(fdatasync),
	CALL(futex),
	CALL(getdents64),
	CALL(getrandom),
	CALL(getrusage),
	CALL(inotify_init1),
	CALL(ioctl),
	CALL(ioprio_set),
	CALL(madvise),
	CALL(memfd_create),
	CALL(mknodat),
	CALL(mount),
	CALL(openat2),
	CALL(pidfd_open),
	CALL(pidfd_send_signal),
	CALL(pipe2),
	CALL(prctl),
	CALL(prlimit64),
	CALL(renameat2),
	CALL(rseq),
	CALL(sched_setaffinity),
	CALL(sched_setscheduler),
	CALL(setgroups),
	CALL(setpriority),
	CALL(setresgid),
	CALL(setresuid),
	CALL(setsid),
	CALL(set_robust_list),
	CALL(sigaltstack),
#ifdef SYS_signalfd
	CALL(signalfd),
#endif
	CALL(signalfd4),
	CALL(splice),
	CALL(statfs),
	CALL(statx),
	CALL(tee),
	CALL(timerfd_create),
	CALL(timerfd_settime),
	CALL(utimensat),
	CALL(waitid),
};

static int
find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].name) == len &&
			memcmp(calls[i].name, name, len) == 0)
			return calls[i].number;
	return -1;
}

/* 0, or -1: a name that is not known, too many of them, or none. */
static int
parse(const char *names, int *numbers, unsigned *count)
{
	for (*count = 0; *names != '\0' && *count < CALLS_MAX; (*count)++) {
		size_t len = strcspn(names, ",");

		numbers[*count] = find(names, len);
		if (numbers[*count] < 0)
			return -1;
		names += len;
		names += *names == ',';
	}
	return *names == '\0' && *count > 0 ? 0 : -1;
}

static int
install(const int *numbers, unsigned count, unsigned error)
{
	struct sock_filter code[2 * CALLS_MAX + 5] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {4, code};

	for (unsigned i = 0; i < count; i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	/* A plain user may filter only what can gain no privileges. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int
main(int argc, char **argv)
{
	int numbers[CALLS_MAX];
	unsigned count;
	unsigned error = 0;

	if (argc > 3 && strcmp(argv[1], "EPERM") == 0)
		error = EPERM;
	else if (argc > 3 && strcmp(argv[1], "ENOSYS") == 0)
		error = ENOSYS;
	if (error == 0 || parse(argv[2], numbers, &count) < 0) {
		fputs("usage: deny EPERM|ENOSYS CALL[,CALL] COMMAND\n", stderr);
		return 2;
	}
	if (install(numbers, count, error) < 0) {
		perror("deny: seccomp");
		return 125;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
