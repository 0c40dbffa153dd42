#include "init/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/leave.h"
#include "init/options.h"
#include "init/process.h"
#include "init/signals.h"
#include "lib/fmt.h"
#include "lib/log.h"

#define SUPERVISOR_FD 3

/* Puts the directory of init's own program, with a slash, into path. */
static void
put_directory(struct fmt *path, const char *program)
{
	ssize_t len = readlink("/proc/self/exe", path->text, path->cap - 1);

	if (len >= 0)
		path->len = (size_t)len;
	else if (program)
		fmt_str(path, program);
	while (path->len > 0 && path->text[path->len - 1] != '/')
		path->len--;
}

/* Returns only if path, or what is behind fd unless that is 0, cannot be. */
static void
exec_supervisor(const struct options *o, const char *path, int fd)
{
	static const char *const first[OPTIONS_FIRST] = {
		NULL, "-f", "--init-fd", "3"};
	const char **argv = o->words;

	if (o->is_doctor)
		argv += OPTIONS_FIRST - 1;
	else
		memcpy(argv, first, sizeof first);
	argv[0] = path;
#ifdef SYS_execveat
	if (fd > 0)
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
#endif
	/* execv promises not to write to them, but cannot say so in C. */
	execv(path, (char **)(uintptr_t)argv);
}

static void
exec_beside(const struct options *o, const char *program)
{
	static const char *const names[] = {"tend-supervisor", "supervisor"};
	char text[PATH_MAX];
	struct fmt path;
	size_t directory_len;

	fmt_init(&path, text, sizeof text);
	put_directory(&path, program);
	directory_len = path.len;
	if (directory_len == 0)
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		path.len = directory_len;
		fmt_str(&path, names[i]);
		exec_supervisor(o, text, 0);
		/* One that is there but broken is not passed over silently. */
		if (errno != ENOENT && errno != ENOTDIR)
			log_error("%s: %m", text);
	}
}

/* Static: the new process looks at it after launch_supervisor has returned. */
static struct {
	const struct options *options;
	const char *program;
	int peer_fd;
	int program_fd; /* 0: none */
} next;

/* The path is for the case that the descriptor alone will not do. */
static void
exec_good(void)
{
	char path[32];
	struct fmt f;

	fmt_init(&f, path, sizeof path);
	fmt_str(&f, "/proc/self/fd/");
	fmt_u64(&f, (uint64_t)next.program_fd);
	exec_supervisor(next.options, path, next.program_fd);
	log_error("the program that served last: %m");
}

static void
exec_found(void)
{
	const char *path = getenv("TEND_SUPERVISOR");

	if (!path || !*path) {
		exec_beside(next.options, next.program);
		path = TEND_PREFIX "/lib/tend/supervisor";
	}
	exec_supervisor(next.options, path, 0);
	log_error("%s: %m", path);
}

/*
 * In init's session if there is a command, which is to have its terminal: that
 * is for the processes of one session.
 */
static int
become_supervisor(void *unused)
{
	(void)unused;
	if (next.options->is_supervised && next.options->command)
		setpgid(0, 0);
	else
		setsid();
	/* dup2 onto itself would keep close-on-exec. */
	if (next.peer_fd == SUPERVISOR_FD)
		fcntl(next.peer_fd, F_SETFD, 0);
	else
		dup2(next.peer_fd, SUPERVISOR_FD);
	signals_unblock();
	if (next.program_fd > 0)
		exec_good();
	exec_found();
	return 127;
}

_Noreturn void
launch_doctor(const struct options *options, const char *program,
	const struct signals *start)
{
	next.options = options;
	next.program = program;
	/* What was inherited is to be looked at. */
	signals_restore(start);
	exec_found();
	leave(127);
}

int
launch_supervisor(const struct options *options, const char *program,
	int peer_fd, int program_fd, pid_t *pid)
{
	next.options = options;
	next.program = program;
	next.peer_fd = peer_fd;
	next.program_fd = program_fd;
	return process_start(become_supervisor, NULL, pid);
}

/* The console as controlling terminal and as 0, 1 and 2. */
static void
take_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	setsid();
	/* A log-in or shell there has outlived its supervisor, and would read
	 * half of what is typed. It is hung up; so is fd on some kernels. */
	if (fd >= 0 && ioctl(fd, TIOCVHANGUP) == 0) {
		close(fd);
		fd = open("/dev/console", O_RDWR | O_NOCTTY);
	}
	if (fd < 0)
		return;
	/* 1: even if it is the terminal of a session that is left over. */
	ioctl(fd, TIOCSCTTY, 1);
	for (int to = 0; to <= 2; to++)
		dup2(fd, to);
	if (fd > 2)
		close(fd);
}

static int
become_rescue(void *unused)
{
	static const char *const argv[][2] = {{"/sbin/sulogin", NULL},
		{"/usr/sbin/sulogin", NULL}, {"/bin/sh", NULL}};

	(void)unused;
	take_console();
	signals_unblock();
	for (size_t i = 0; i < sizeof argv / sizeof argv[0]; i++)
		execv(argv[i][0], (char **)(uintptr_t)argv[i]);
	log_error("rescue shell: /bin/sh: %m");
	return 127;
}

int
launch_rescue(pid_t *pid)
{
	return process_start(become_rescue, NULL, pid);
}
